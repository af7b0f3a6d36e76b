package main

// section is a part of the settings file.
type section struct {
	title    string
	settings []explained
}

// explained is a setting with what the operator reads about it. A line beginning with 例: is an example.
type explained struct{ name, about string }

// sections hold every setting once; a test says so.
var sections = []section{
	{"はじめに決めるもの", []explained{
		{"APP_ENV", "動かし方: production(本番)、staging(本番と同じにして試す所)、development(開発)。\nproduction と staging では、危ない設定のままでは起動しません。"},
		{"DATA_DIR", "データの置き場所。なければ、持ち主だけが開けるように作ります。"},
		{"PUBLIC_URL", "利用者が開くアドレス。招待リンクなどに使います。\n例: https://shift.example.jp"},
		{"ALLOWED_HOSTS", "このサイトのホスト名。カンマ区切り、小文字、ポートなし。ほかの名前で呼ばれると 421 を返します。"},
		{"SECRET_KEY", "秘密の鍵(50 文字以上)。読み戻す必要のある秘密を、これで暗号にして保存します。なくすと読めなくなります。控えをサーバーの外に置いてください。\nSECRET_KEY_FILE か LoadCredential=secret_key: で渡すこともできます。"},
		{"SECRET_KEY_FALLBACKS", "鍵を替えたとき、前の鍵をここに書きます(カンマ区切り)。前の鍵で暗号にしたものがなくなったら消します。"},
	}},
	{"つなぎ方", []explained{
		{"LISTEN", "待ち受けるアドレス。プロキシの後ろなら 127.0.0.1:8080、自分で HTTPS を話すなら :443。"},
		{"USE_HTTPS", "利用者が HTTPS で開くとき true。Cookie に Secure が付き(__Host-)、HSTS が出ます。"},
		{"TRUSTED_PROXIES", "X-Forwarded-For と X-Forwarded-Proto を信じてよいプロキシのアドレスの範囲(CIDR、カンマ区切り)。\n例: 127.0.0.1/32"},
		{"TLS_CERT", "自分で HTTPS を話すときの証明書のファイル(PEM、中間のものも含む)。置き換えると、起動し直さなくても新しいものを使います。"},
		{"TLS_KEY", "その秘密鍵のファイル(0600)。"},
		{"ACME", "on にすると、証明書を自分で取り、更新します(Let's Encrypt など)。ALLOWED_HOSTS の名前について取ります。"},
		{"ACME_EMAIL", "証明書を出す所が連絡に使うメールアドレス。"},
		{"ACME_DIRECTORY", "証明書を出す所のアドレス。空なら Let's Encrypt。"},
		{"LISTEN_HTTP", "自分で HTTPS を話すとき、http:// で開いた人を https:// に案内するアドレス。ACME の確認にも使います。\n例: :80"},
		{"DRAIN_SECONDS", "サーバーを何台も並べるとき、止まる前に /ready/ を 503 にして待つ秒数。2 を勧めます。"},
	}},
	{"問い合わせ先(エラーの画面に出ます)", []explained{
		{"SUPPORT_NAME", "名前。\n例: 総務部 シフト担当"},
		{"SUPPORT_EMAIL", "メールアドレス。"},
		{"SUPPORT_PHONE", "電話番号。"},
		{"SUPPORT_HOURS", "受け付ける時間。\n例: 平日 9:00〜17:00"},
	}},
	{"データベース", []explained{
		{"DB_ENGINE", "sqlite か mysql(MySQL 8.0.17 以上、MariaDB 10.11 以上)。"},
		{"DB_NAME", "データベースのファイル(空なら DATA_DIR の wakakusa.db)。mysql ではデータベースの名前。"},
		{"DB_HOST", "データベースのサーバー。カンマで並べると、使えるもののうちいちばん前のもの。/ で始めるとソケット。"},
		{"DB_PORT", "その番号。"},
		{"DB_USER", "その利用者。root は使いません。"},
		{"DB_PASSWORD", "パスワード。DB_PASSWORD_FILE か LoadCredential=db_password: を勧めます。"},
		{"DB_TLS", "verify にすると TLS を使い、証明書を確かめます。別の機械のときは verify にします。"},
		{"DB_TLS_CA", "サーバーの証明書に署名した認証局の証明書のファイル。空なら機械のもの。"},
		{"DB_MAX_CONNECTIONS", "画面のために使う接続の上限。"},
	}},
	{"バックアップ", []explained{
		{"LITESTREAM_CONFIG", "SQLite の連続バックアップの行き先を書いたファイル。空なら DATA_DIR の隣、off で使いません。"},
		{"LITESTREAM_ACCESS_KEY_ID", "行き先が S3 のときの鍵。"},
		{"LITESTREAM_SECRET_ACCESS_KEY", "その秘密。LITESTREAM_SECRET_ACCESS_KEY_FILE を勧めます。"},
		{"BACKUP_DIR", "毎日のバックアップの置き場所。空なら DATA_DIR に -backup を付けた所、off で取りません。"},
		{"BACKUP_TIME", "取る時刻(日本時間)。"},
		{"BACKUP_DAYS", "残す日数。ほかに月の最初のものを 12 か月残します。"},
		{"BACKUP_COMPRESS", "zstd で圧縮します。"},
		{"BACKUP_RECIPIENTS", "暗号化する相手の age 公開鍵(カンマ区切り)。開く鍵は、このサーバーに置きません。"},
		{"BACKUP_OFFSITE", "遠くの控え。BACKUP_RECIPIENTS が要ります。\n例: sftp://利用者@ホスト/場所、s3://バケット/場所?region=ap-northeast-1、file:///mnt/usb"},
		{"BACKUP_OFFSITE_ID", "S3 の鍵。"},
		{"BACKUP_OFFSITE_SECRET", "S3 の秘密。SFTP で鍵を使わないときはパスワード。"},
		{"BACKUP_OFFSITE_SSH_KEY", "SFTP の秘密鍵のファイル。"},
		{"BACKUP_OFFSITE_HOST_KEY", "SFTP のサーバーの公開鍵(known_hosts の形)。"},
	}},
	{"そのほか", []explained{
		{"REDIS_URL", "サーバーを何台も動かすとき、リクエストを合わせて数え、読んだものを分け合うための Redis。パスワードを含むなら REDIS_URL_FILE を勧めます。"},
		{"CACHE_MB", "読み込んだ内容をためておくメモリー(MB)。0 でためません。"},
		{"RATE_LIMIT", "1 分間に受け付けるリクエスト。ログインした人は 1 人ごと、していない人はアドレスごと。"},
		{"RATE_LIMIT_SHEET", "開いているシフト表からのリクエスト。1 分間に、1 人ごと。"},
		{"LOG_FORMAT", "記録の形: text か json。"},
		{"LOG_LEVEL", "記録の細かさ: debug、info、warn、error。"},
		{"LOG_DIR", "記録を書くディレクトリー。app.log、error.log、audit.log ができます。空なら標準出力に出ます。\n例: /var/log/wakakusa"},
		{"LOG_MAX_MB", "一つのファイルの大きさの上限。超えると新しくし、古いものは圧縮します。日付が変わったときも新しくします。"},
		{"LOG_APP_DAYS", "app.log を残す日数。"},
		{"LOG_ERROR_DAYS", "error.log を残す日数。"},
		{"LOG_AUDIT_YEARS", "audit.log を残す年数。3年より短くできません。"},
		{"SLOW_QUERY_MS", "これより時間のかかったデータベースの文を記録します(ミリ秒)。0 で記録しません。"},
		{"CHECK_ACCEPT", "wakakusa check の指摘のうち、わけがあって受け入れるもの。名前:最後の日:理由 を ; で区切ります。\n例: offsite-missing:2027-03-31:契約の準備中"},
		{"IMPORT_PASSWORD", "import-django が読む MySQL のパスワード。取り込みが終わったら消します。"},
	}},
}
