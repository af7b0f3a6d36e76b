package check

import (
	"slices"
	"strings"
)

func databaseItems() []item {
	there := func(f *Facts) bool { return !f.Database.Missing && f.Database.Failure == "" }
	return []item{
		{id: "database-away", level: Error, passing: true, cure: "書いてある設定と、データベースのサーバーやファイルを確かめます。", look: func(f *Facts) []string {
			return one(f.Database.Failure != "", "データベースを開けません: %s", f.Database.Failure)
		}},
		{id: "schema-old", level: Error, cure: "wakakusa migrate を実行します。", look: func(f *Facts) []string {
			d := f.Database
			return one(there(f) && d.Server != nil && d.At < d.Newest, "データベースの形が古い(%d)ままです。このプログラムには %d が要ります。", d.At, d.Newest)
		}},
		{id: "schema-waiting", level: Warning, when: deploy, cure: "先にバックアップを取ります(wakakusa backup now)。次の起動で新しくなります。", look: func(f *Facts) []string {
			d := f.Database
			return one(there(f) && d.Server == nil && 0 < d.At && d.At < d.Newest, "データベースの形が古い(%d)です。次の起動で %d になります。", d.At, d.Newest)
		}},
		{id: "schema-new", level: Error, cure: "新しいプログラムを使います。", look: func(f *Facts) []string {
			d := f.Database
			return one(there(f) && d.At > d.Newest && !d.Usable, "データベースの形(%d)を、このプログラム(%d まで)は知りません。", d.At, d.Newest)
		}},
		{id: "audit-log", level: Error, cure: "バックアップから戻します。表を消した者がいないかを調べます。", look: func(f *Facts) []string {
			return one(there(f) && len(f.Database.Lacks) > 0, "変更の記録がデータベースにありません: %s", strings.Join(f.Database.Lacks, "、"))
		}},
		{id: "second-administrator", level: Warning, when: deploy, cure: "メンバーの画面で、もう一人を管理者として招きます。", look: func(f *Facts) []string {
			return one(there(f) && len(f.Database.Alone) > 0, "ログインできる管理者が一人しかいない組織があります: %s", strings.Join(f.Database.Alone, "、"))
		}},
		{id: "demo-data", level: Error, when: serving, cure: "デモのデータのない、新しい DATA_DIR かデータベースで始めます。", look: func(f *Facts) []string {
			return one(there(f) && f.Database.Demo, "デモの組織がデータベースにあります。")
		}},
	}
}

func serverItems() []item {
	of := func(look func(*Facts, DBServer) []string) func(*Facts) []string {
		return func(f *Facts) []string {
			if f.Settings.Server == nil {
				return nil
			}
			return look(f, *f.Settings.Server)
		}
	}
	return []item{
		{id: "mysql-tls", level: Error, when: serving, cure: "DB_TLS=verify にします。", look: of(func(_ *Facts, s DBServer) []string {
			return one(s.remote() && !s.TLS, "別の機械のデータベースに、暗号化しないでつなぎます(%s)。", strings.Join(s.Hosts, "、"))
		})},
		{id: "mysql-root", level: Error, when: deploy, cure: "専用の利用者を作り、DB_USER に書きます。", look: of(func(_ *Facts, s DBServer) []string {
			return one(s.User == "root" || s.User == "admin", "データベースに %s でつなぎます。", s.User)
		})},
		{id: "mysql-password", level: Error, when: serving, refused: true, cure: "長いパスワードを作り(openssl rand -base64 24)、DB_PASSWORD_FILE か LoadCredential=db_password: で渡します。", look: of(func(_ *Facts, s DBServer) []string {
			why := WeakPassword(s.Password, s.User)
			return one(why != "" && !(s.Password == "" && s.socket()), "DB_PASSWORD が弱すぎます: %s。", why)
		})},
		{id: "mysql-grants", level: Error, when: deploy, cure: "GRANT ALL PRIVILEGES ON データベース.* だけにします。", look: func(f *Facts) []string {
			if f.Database.Server == nil {
				return nil
			}
			wide := slices.DeleteFunc(slices.Clone(f.Database.Server.Grants), func(g string) bool { return !isWideGrant(g) })
			return one(len(wide) > 0, "データベースの利用者に、サーバー全体の権利があります。")
		}},
		{id: "mysql-mode", level: Warning, when: deploy, cure: "サーバーの sql_mode に STRICT_TRANS_TABLES を加えます。", look: func(f *Facts) []string {
			if f.Database.Server == nil {
				return nil
			}
			return one(!strings.Contains(f.Database.Server.Mode, "STRICT_TRANS_TABLES") && !strings.Contains(f.Database.Server.Mode, "STRICT_ALL_TABLES"),
				"データベースのサーバーが、厳しい書き込みの決まり(strict mode)で動いていません。このプログラムは自分で決めますが、ほかの道具で書くと黙って切り詰められます。")
		}},
	}
}

// isWideGrant reports one on every database, other than the bare right to connect.
func isWideGrant(g string) bool {
	return strings.Contains(g, " ON *.* ") && !strings.HasPrefix(g, "GRANT USAGE ")
}

func (s DBServer) remote() bool {
	return slices.ContainsFunc(s.Hosts, func(h string) bool { return !isHere(bare(h)) })
}

func (s DBServer) socket() bool {
	return len(s.Hosts) == 1 && strings.HasPrefix(s.Hosts[0], "/")
}

// bare is a host without its port.
func bare(host string) string {
	if strings.Count(host, ":") == 1 {
		host, _, _ = strings.Cut(host, ":")
	}
	return host
}
