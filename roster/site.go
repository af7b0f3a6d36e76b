package roster

import (
	"regexp"
	"slices"
	"time"
)

// Org is an 組織: the tenant. Nothing ever crosses from one to another.
type Org struct {
	ID       OrgID
	Slug     string // in the address: /o/{slug}/
	Name     string
	Timezone string // IANA name
	Language string
	Settings Settings
	Revision int64
	Version  int64
}

// Settings are the choices of an organisation. The zero value is completed by WithDefaults.
type Settings struct {
	Sees      map[Class][]Class `json:"sees"`       // which classes a class sees on the published roster; nil: never set, empty: nobody sees anybody
	WeekStart time.Weekday      `json:"week_start"` // the week of 労基法32条 begins here, Sunday unless the work rules say otherwise
	RestHours int               `json:"rest_hours"` // 勤務間インターバル, 11 by default
	RunDays   int               `json:"run_days"`   // days in a row without a note, 6 by default
	WeekHours int               `json:"week_hours"` // 法定労働時間, 40 by default

	SecondFactor bool `json:"second_factor,omitempty"` // administrators and managers need one

	RetainYears int       `json:"retain_years"`   // for how long the data of somebody who has left is kept, 5 by default
	Held        []StaffID `json:"held,omitempty"` // those whose data must not be erased, as long as they stand here
}

// WithDefaults fills what was never set.
func (s Settings) WithDefaults() Settings {
	if s.Sees == nil {
		s.Sees = map[Class][]Class{
			ClassRegular:  {ClassRegular, ClassPartTime},
			ClassPartTime: {ClassPartTime},
			ClassMember:   {},
		}
	}
	if s.RestHours == 0 {
		s.RestHours = 11
	}
	if s.RunDays == 0 {
		s.RunDays = 6
	}
	if s.WeekHours == 0 {
		s.WeekHours = 40
	}
	if s.RetainYears == 0 {
		s.RetainYears = RetainUsual
	}
	return s
}

// CanSee reports whether a person of one class sees the published shifts of another.
func (s Settings) CanSee(viewer, other Class) bool {
	return slices.Contains(s.WithDefaults().Sees[viewer], other)
}

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$`)

// Check returns every fault of the organisation.
func (o Org) Check() error {
	var f Faults
	f.Add("name", checkText(o.Name, 1, 100))
	if !slugForm.MatchString(o.Slug) {
		f.Add("slug", Refuse(Invalid, "error.slug"))
	}
	if _, err := time.LoadLocation(o.Timezone); err != nil || o.Timezone == "" || o.Timezone == "Local" {
		f.Add("timezone", Refuse(Invalid, "error.timezone"))
	}
	f.Add("language", oneOf(o.Language, Languages))
	if h := o.Settings.RestHours; h < 0 || h > 24 {
		f.Add("rest_hours", Refuse(Invalid, "error.choice"))
	}
	if n := o.Settings.RunDays; n < 0 || n > 31 {
		f.Add("run_days", Refuse(Invalid, "error.choice"))
	}
	if h := o.Settings.WeekHours; h != 0 && h != 40 && h != 44 {
		f.Add("week_hours", Refuse(Invalid, "error.choice"))
	}
	if y := o.Settings.RetainYears; y != 0 && (y < RetainLeast || y > RetainMost) {
		f.Add("retain_years", Refuse(Invalid, "error.retain_years"))
	}
	return f.Err()
}

// Zone returns the organisation's time zone, Japan's if the name is not known here.
func (o Org) Zone() *time.Location {
	if z, err := time.LoadLocation(o.Timezone); err == nil {
		return z
	}
	return Japan
}

// Japan is UTC+9; it has had no clock change since 1951.
var Japan = time.FixedZone("Asia/Tokyo", 9*60*60)

// Languages the interface speaks; the first is the source.
var Languages = []string{"ja", "en"}

// Site is an 事業所 with a roster of its own.
type Site struct {
	ID       SiteID
	Name     string
	StartDay int // day of the month on which its roster period begins, 1–28
	OffDays  int // 公休数 a period
	Position int
	Archived bool
	Version  int64
}

// Check returns every fault of the site.
func (s Site) Check() error {
	var f Faults
	f.Add("name", checkText(s.Name, 1, 60))
	if s.StartDay < 1 || s.StartDay > 28 {
		f.Add("start_day", Refuse(Invalid, "error.start_day"))
	}
	if s.OffDays < 0 || s.OffDays > 31 {
		f.Add("off_days", Refuse(Invalid, "error.off_days"))
	}
	return f.Err()
}
