package django

import (
	"errors"
	"fmt"
	"strings"

	"wakakusa/roster"
)

// Class is what became of the rows of a finding.
type Class string

const (
	Changed Class = "変更して取り込み" // imported, not exactly as it was
	Noted   Class = "確認してください" // imported as it was, somebody should look at it
	Refused Class = "取り込まず"    // not imported, and why
	Later   Class = "後日"       // no home here yet: importing again brings it
	Left    Class = "対象外"      // belongs to other products or to the machinery of the former system
)

// finding is one thing the report can say about a row: title is counted in the summary, text is filled with the row's values.
type finding struct {
	class Class
	title string
	text  string
}

// Everything the report says stands here.
var (
	orgMade      = finding{Noted, "組織を作りました", "組織「%s」(アドレス %s)、事業所「%s」"}
	orgSlug      = finding{Changed, "組織コードをアドレスに使える形にしました", "%s → %s"}
	orgZone      = finding{Changed, "タイムゾーンを Asia/Tokyo にしました", "「%s」は使えません"}
	orgStopped   = finding{Noted, "停止中だった組織です", "「%s」。取り込みましたが、停止の印はここにはありません"}
	orgRest      = finding{Later, "組織の連絡先など、まだ置き場所のない項目", "%s: %s"}
	orgUnknown   = finding{Changed, "組織が決まっていないため仮の組織に入れました", "「%s」→ 組織「%s」"}
	orgOnlyOne   = finding{Changed, "組織が決まっていないため、唯一の組織に入れました", "「%s」→ 組織「%s」"}
	orgAdmin     = finding{Changed, "組織が決まっていない全体管理者を最初の組織に入れました", "「%s」→ 組織「%s」"}
	orgNoAdmin   = finding{Noted, "ログインできる管理者がいないため、招待を用意しました", "組織「%s」"}
	orgMissing   = finding{Refused, "所属する組織の行が見つかりません", "「%s」の organization_id = %s がありません"}
	nameCleaned  = finding{Changed, "名前の空白や半角カナを整えました", "「%s」→「%s」"}
	nameHidden   = finding{Changed, "名前から見えない文字を取り除きました", "%q →「%s」"}
	nameCut      = finding{Changed, "長い名前を短くしました", "「%s」→「%s」"}
	nameNone     = finding{Changed, "名前がないため仮の名前にしました", "「%s」"}
	nameTwin     = finding{Noted, "同じ名前の職員がいます", "「%s」は %d 人います(旧ID %s)。別の人として取り込みました"}
	phoneCleaned = finding{Changed, "電話番号の書き方を整えました", "「%s」→「%s」"}
	phoneCut     = finding{Changed, "長い電話番号を切りました", "全文「%s」→「%s」"}
	emailBad     = finding{Changed, "正しくないメールアドレスを外しました", "「%s」"}
	emailTwice   = finding{Changed, "重複するメールアドレスは最初のアカウントだけに残しました", "「%s」(ユーザー名 %s)"}
	jobCut       = finding{Changed, "長い役職名を職種として短くしました", "全文「%s」→「%s」"}
	staffAway    = finding{Changed, "無効な職員は在籍期間の終わりを入れました", "「%s」の在籍は %s まで"}
	staffPending = finding{Noted, "承認待ちの職員です", "「%s」。承認されるまでシフト表の行には出ません(シフトのある月を除く)"}
	staffRefused = finding{Noted, "却下された職員です", "「%s」"}
	stateUnknown = finding{Changed, "読めない承認状態を承認待ちにしました", "「%s」"}
	roleUnknown  = finding{Changed, "読めない役割を職員にしました", "「%s」"}
	reasonKept   = finding{Later, "却下の理由にはまだ置き場所がありません", "「%s」"}

	userNoSignIn   = finding{Noted, "パスワードがなくログインできません", "ユーザー名 %s: メンバーの画面で再設定リンクを作って渡してください"}
	userHash       = finding{Noted, "この形式のパスワードは確かめられず、ログインできません", "ユーザー名 %s: メンバーの画面で再設定リンクを作って渡してください"}
	userRenamed    = finding{Changed, "使用中のユーザー名に番号を付けました", "%s → %s"}
	userOff        = finding{Noted, "無効なアカウントです", "ユーザー名 %s: 停止中のメンバーとして取り込みました"}
	userAlone      = finding{Noted, "職員と結び付いていないアカウントです", "ユーザー名 %s: 役割「%s」"}
	userLike       = finding{Noted, "職員と同じ名前でも結び付いていないアカウントです", "ユーザー名 %s と職員「%s」(旧ID %s)。同じ人なら、メンバーの画面で結び付けてください"}
	userAdmin      = finding{Noted, "管理者になったアカウントです", "ユーザー名 %s: 組織「%s」"}
	userUp         = finding{Changed, "スーパーユーザーがいないため、スタッフ権限のアカウントを管理者にしました", "ユーザー名 %s"}
	userFirstOrg   = finding{Changed, "どの組織のものか分からないアカウントです", "ユーザー名 %s を組織「%s」に入れました"}
	userLong       = finding{Refused, "ユーザー名が長すぎるか空です", "「%s」"}
	userLinkBroken = finding{Changed, "職員のアカウントが見つからないため、職員だけを取り込みました", "「%s」の user_id = %s がありません"}
	userCleaned    = finding{Changed, "ユーザー名の空白や見えない文字を整えました", "%q → %s"}
	userTwice      = finding{Changed, "一つのアカウントに職員が二人結び付いていたため、最初の一人に結び付けました", "ユーザー名 %s、外した職員「%s」"}

	codeMade     = finding{Noted, "インポートのために作ったシフト種別です", "記号 %s「%s」"}
	codeSymbol   = finding{Changed, "シフト種別の記号を名前から付けました", "「%s」→ 記号 %s"}
	codeColor    = finding{Changed, "色をいちばん近い見本色にしました", "「%s」: %s → %s"}
	codeNoColor  = finding{Changed, "色として読めない値を見本色に置き換えました", "「%s」:「%s」→ %s"}
	codeKind     = finding{Changed, "シフト種別の区分を名前から決めました", "「%s」→ %s"}
	codeNight    = finding{Changed, "終了が開始より前のシフト種別を、翌日までの時刻にしました", "「%s」: %s–%s → %s"}
	codeNoTime   = finding{Noted, "時刻のないシフト種別です", "「%s」。シフト種別の画面で時刻を入れてください"}
	codeText     = finding{Later, "シフト種別の説明にはまだ置き場所がありません", "「%s」: %s"}
	codeTimeBad  = finding{Changed, "読めない時刻のシフト種別を時刻なしにしました", "「%s」:「%s」–「%s」"}
	codeGone     = finding{Refused, "シフト種別がここで削除されています", "%s %s"}
	staffGone    = finding{Refused, "シフトの職員が見つかりません", "staff_id = %s、%s"}
	dayBad       = finding{Refused, "シフトの日付が読めません", "%s、「%s」"}
	shiftNoType  = finding{Changed, "種別のないシフトを「未設定」にしました", "%s %s %s"}
	shiftLost    = finding{Changed, "種別の行が見つからないシフトを「未設定」にしました", "%s %s、shift_type_id = %s"}
	shiftCodeAt  = finding{Changed, "時刻のないシフトに種別の時刻を入れました", "%s %s: %s → %s"}
	shiftNoTime  = finding{Changed, "時刻のないシフトを時刻なしで取り込みました", "%s %s: %s"}
	shiftBadTime = finding{Changed, "読めない時刻を時刻なしとして扱いました", "%s %s:「%s」–「%s」"}
	shiftSeconds = finding{Changed, "秒を切り捨てました", "%s %s: %s–%s"}
	shiftNight   = finding{Changed, "終了が開始より前のシフトを翌日までの勤務にしました", "%s %s: %s–%s → %s"}
	shiftOverlap = finding{Noted, "時刻が重なるシフトです", "%s %s: 旧ID %s と %s。どちらも取り込みました"}
	shiftBeside  = finding{Noted, "休みとシフトが同じ日にあります", "%s %s: 旧ID %s と %s。どちらも取り込みました"}
	shiftHalf    = finding{Changed, "半休に仮の時刻を入れました", "%s %s: %s"}
	shiftHalfBy  = finding{Changed, "シフトと同じ日の半休を時刻なしで取り込みました", "%s %s"}
	shiftAway    = finding{Noted, "無効な職員のシフトです", "%s %s"}
	shiftWaits   = finding{Noted, "承認されていない職員のシフトです", "%s %s"}
	shiftPending = finding{Noted, "承認待ちのシフトです", "%s %s"}
	shiftRefused = finding{Noted, "却下されたシフトです", "%s %s"}
	shiftReason  = finding{Changed, "読めない休みの事由を「その他の休み」にしました", "%s %s:「%s」"}
	shiftOffTime = finding{Changed, "休みの行に残っていた時刻や種別を外しました", "%s %s: %s–%s"}
	noteCut      = finding{Changed, "500 文字を超える備考を切りました", "%s %s、全文: %s"}
	noteHidden   = finding{Changed, "備考から見えない文字を取り除きました", "%s %s"}
	noteMarkup   = finding{Noted, "タグのような文字を含む備考です", "%s %s: %s(文字のまま表示され、実行されません)"}
	notePrivate  = finding{Changed, "備考に写されていた休み申請の理由を外しました", "%s %s"}

	holidayKnown = finding{Noted, "国民の祝日はすでに計算されています", "%s「%s」"}
	holidayOther = finding{Refused, "国民の祝日の計算と合わない祝日です", "%s「%s」。必要なら自社の休日として加えてください"}
	holidayOff   = finding{Refused, "無効な休日です", "%s「%s」"}
	holidayBad   = finding{Refused, "休日の日付が読めません", "「%s」「%s」"}

	monthOut   = finding{Noted, "過去の月を公開済みにしました", "組織「%s」%s"}
	monthAgain = finding{Noted, "過去の月に増えたシフトを加えて公開し直しました", "組織「%s」%s"}
	monthHere  = finding{Noted, "過去の月がここで編集されているため、公開済みの写しはそのままです", "組織「%s」%s"}

	hereChanged = finding{Refused, "旧システムで変わりましたが、ここでも変更されているため、ここの内容を残しました", "%s"}
	hereRemoved = finding{Refused, "旧システムで変わりましたが、ここで削除されているため、そのままにしました", "%s"}
	rowRefused  = finding{Refused, "この形では保存できません", "%s"}

	tableLater  = finding{Later, "まだ置き場所のない表", "%d 件。対応した版でもう一度インポートすると加わります"}
	tableLeft   = finding{Left, "この製品の対象ではない表", "%d 件"}
	tableInside = finding{Left, "旧システムの内部の表", "%d 件"}
	columnLeft  = finding{Left, "使わない列", "%s"}
)

// Sentences for the person at the screen when nothing can be imported at all.
const (
	faultMissing  = "ファイル %s が見つからないか、開けません。"
	faultNoSQLite = "%s は SQLite のデータベースではありません。"
	faultBroken   = "%s は壊れているか読めないデータベースです (%v)。"
	faultForeign  = "旧システムのデータベースではありません: %s がありません。"
	faultAddress  = "サーバーのデータベースは %s の形で指定してください。"
	faultPassword = "パスワードはアドレスに書かず、IMPORT_PASSWORD か IMPORT_PASSWORD_FILE で渡してください。"
	faultServer   = "%s を読めません (%v)。"
)

// fault makes one sentence on one line, whatever the engine said.
func fault(sentence string, values ...any) error {
	return errors.New(strings.Join(strings.Fields(fmt.Sprintf(sentence, values...)), " "))
}

// Names of the former system's tables.
const (
	tableOrg     = "shift_management_organization"
	tableUser    = "auth_user"
	tableStaff   = "shift_management_staff"
	tableType    = "shift_management_shifttype"
	tableShift   = "shift_management_shift"
	tableHoliday = "shift_management_holiday"
	tableLeave   = "shift_management_leaverequest"
)

// tableNames are what the report calls them, in its order.
var tableNames = []struct{ table, name string }{
	{tableOrg, "組織"},
	{tableUser, "アカウント"},
	{tableStaff, "職員"},
	{tableType, "シフト種別"},
	{tableShift, "シフト"},
	{tableHoliday, "休日"},
	{"shift_management_shifttemplate", "テンプレート"},
	{"shift_management_shifttemplatedetail", "テンプレートの行"},
	{tableLeave, "休み・通院申請"},
	{"shift_management_shiftproposal", "シフト打診"},
	{"shift_management_staffcompatibility", "相性"},
	{"shift_management_event", "イベント"},
	{"shift_management_eventparticipant", "イベントの参加者"},
	{"shift_management_notification", "通知"},
}

// tablesLater have no home here yet.
var tablesLater = []string{
	"shift_management_shifttemplate", "shift_management_shifttemplatedetail", tableLeave, "shift_management_shiftproposal",
	"shift_management_staffcompatibility", "shift_management_event", "shift_management_eventparticipant", "shift_management_notification",
}

func tableName(table string) string {
	if i := tablePlace(table); i < len(tableNames) {
		return tableNames[i].name
	}
	return table
}

func tablePlace(table string) int {
	for i, t := range tableNames {
		if t.table == table {
			return i
		}
	}
	return len(tableNames)
}

// What things are called when the former system has no name for them.
const (
	actImported  = "org.imported"
	actorName    = "旧システムからの取り込み"
	defaultOrg   = "取り込んだ組織"
	defaultSlug  = "imported"
	defaultSite  = "本部"
	unknownOrg   = "組織未設定"
	unknownSlug  = "unassigned"
	adminName    = "管理者(招待)"
	unsetSymbol  = "未"
	unsetName    = "未設定"
	nameless     = "名前なし(旧ID %s)"
	noTimeText   = "時刻なし"
	summaryTitle = "旧システムからのインポートの報告"
)

// roleNames are what screens call the roles.
var roleNames = map[roster.Role]string{
	roster.RoleAdmin: "管理者", roster.RoleManager: "シフト担当", roster.RoleStaff: "スタッフ", roster.RoleMember: "利用者",
}

// What to do next.
const (
	hintDraft   = "組織「%s」の今の期間以降に取り込んだシフト %s 件は下書きです。シフト表で確かめて「公開」してください。"
	hintMissing = "ふりがな・契約・休憩時間は旧システムにないため空です。職員とシフト種別の画面で入れてください。"
)
