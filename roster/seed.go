package roster

// seedCode is one line of the table a new organisation starts with.
type seedCode struct {
	position       int
	symbol, name   string
	kind           CodeKind
	span           Span
	rest           Minutes
	color, pattern string
	follower       string // symbol of a line above
}

// seedCodes: a line stands below the one it names as its follower; position orders the forms. No two share colour and pattern.
var seedCodes = [...]seedCode{
	{5, "明", "夜勤明け", KindNightOut, Span{}, 0, "slate", "plain", ""},
	{1, "早", "早番", KindWork, Span{7 * 60, 16 * 60}, 60, "amber", "plain", ""},
	{2, "日", "日勤", KindWork, Span{8*60 + 30, 17*60 + 30}, 60, "sky", "plain", ""},
	{3, "遅", "遅番", KindWork, Span{10*60 + 30, 19*60 + 30}, 60, "coral", "plain", ""},
	{4, "夜", "夜勤", KindWork, Span{16*60 + 30, 33*60 + 30}, 120, "navy", "plain", "明"},
	{6, "短", "短時間", KindWork, Span{9*60 + 30, 15*60 + 30}, 60, "mint", "solid", ""},
	{7, "研", "研修", KindTraining, Span{9 * 60, 17 * 60}, 60, "cyan", "plain", ""},
	{8, "通", "通所", KindWork, Span{9*60 + 30, 15*60 + 30}, 60, "lime", "plain", ""},
	{9, "公", "公休", KindOff, Span{}, 0, "stone", "plain", ""},
	{10, "法", "法定休日", KindLegalOff, Span{}, 0, "sand", "hatch", ""},
	{11, "有", "有給休暇", KindPaid, Span{}, 0, "violet", "dashed", ""},
	{12, "半", "半休(午前休)", KindHalf, Span{13 * 60, 17*60 + 30}, 0, "violet", "solid", ""},
	{13, "特", "特別休暇", KindSpecial, Span{}, 0, "rose", "dashed", ""},
	{14, "欠", "欠勤", KindAbsence, Span{}, 0, "rose", "hatch", ""},
}

// SeedCodes returns the シフト種別 a new organisation starts with, in an order in which they can be saved: a follower stands
// before the code that names it.
func SeedCodes(newID func() CodeID) []Code {
	ids := map[string]CodeID{}
	list := make([]Code, len(seedCodes))
	for i, s := range seedCodes {
		ids[s.symbol] = newID()
		list[i] = Code{
			ID: ids[s.symbol], Symbol: s.symbol, Name: s.name, Kind: s.kind, Span: s.span, Break: s.rest,
			Color: s.color, Pattern: s.pattern, Follower: ids[s.follower], Position: s.position,
		}
	}
	return list
}

// seedJobs are the 職種 of care homes and workplaces for disabled people, in the order of their forms.
var seedJobs = [...]string{
	"施設長", "管理者", "生活相談員", "介護支援専門員", "看護職員", "介護職員", "機能訓練指導員", "栄養士", "調理員",
	"サービス管理責任者", "職業指導員", "生活支援員", "事務員",
}

// SeedJobs returns the 職種 a new organisation starts with.
func SeedJobs(newID func() JobID) []Job {
	list := make([]Job, len(seedJobs))
	for i, name := range seedJobs {
		list[i] = Job{ID: newID(), Name: name, Position: i + 1}
	}
	return list
}
