package views

// SiteList is every 事業所.
type SiteList struct {
	Frame Frame
	Lines []SiteLine
}

// SiteLine is one 事業所 of the list.
type SiteLine struct {
	Href, Name, Period, OffDays, People string
	Archived                            bool
}

// SiteForm is one 事業所. Fields: name, start_day, off_days, position, archived.
type SiteForm struct {
	Frame Frame
	Form  Form
	New   bool
}

// JobList is every 職種.
type JobList struct {
	Frame Frame
	Lines []JobLine
}

// JobLine is one 職種 of the list.
type JobLine struct{ Href, Name, People string }

// JobForm is one 職種. Fields: name, position.
type JobForm struct {
	Frame Frame
	Form  Form
	New   bool
}
