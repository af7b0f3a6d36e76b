package views

// OrgForm is 組織の設定. Fields: name, language, timezone, week_start, rest_hours, run_days, week_hours, retain_years, sees (viewer.other).
type OrgForm struct {
	Frame     Frame
	Form      Form
	Address   string
	Languages []Choice
	Weekdays  []Choice
	WeekHours []Choice
	Heads     []string // classes seen
	Sees      []SeesRow
	Cache     Form // makes everything be read anew
}

// SeesRow is whom one class sees.
type SeesRow struct {
	Viewer string
	Cells  []Choice // value viewer.other, label for screen readers
}
