package roster

import (
	"slices"
	"strings"
)

// Class decides whom a person sees and whether labour rules apply. It is kept on the staff record, apart from the
// role of an account.
type Class string

const (
	ClassRegular  Class = "regular"   // 職員
	ClassPartTime Class = "part_time" // アルバイト
	ClassMember   Class = "member"    // 利用者
)

// Classes lists every class in the order forms show them.
var Classes = []Class{ClassRegular, ClassPartTime, ClassMember}

// Approval is the state of a staff registration or of a shift that staff entered themselves.
type Approval string

const (
	Approved Approval = "approved"
	Pending  Approval = "pending"
	Rejected Approval = "rejected"
)

// Job is a 職種. Staff are grouped by it on the sheet.
type Job struct {
	ID       JobID
	Name     string
	Position int
	Version  int64
}

// Check returns every fault of the job.
func (j Job) Check() error {
	var f Faults
	f.Add("name", checkText(j.Name, 1, 30))
	return f.Err()
}

// JobShare says which part of a person's hours counts for a 職種.
type JobShare struct {
	Job   JobID `json:"job"`
	Share int   `json:"share"` // percent
}

// Staff is a person on the roster: 職員, アルバイト or 利用者.
type Staff struct {
	ID         StaffID
	Name       string
	Kana       string
	Class      Class
	BirthDay   Day // 0: unknown
	Phone      string
	Email      string
	Language   string // "": the organisation's
	HomeSite   SiteID
	Jobs       []JobShare // the first is the main one
	Skills     []string
	ActiveFrom Day // 0: always
	ActiveTo   Day // 0: open end
	Approval   Approval
	Position   int
	Version    int64
}

// ActiveIn reports whether the person works here on any day of the period.
func (s Staff) ActiveIn(p Period) bool {
	return (s.ActiveFrom == 0 || s.ActiveFrom <= p.Last) && (s.ActiveTo == 0 || s.ActiveTo >= p.First)
}

// ActiveOn reports whether the person works here on the day.
func (s Staff) ActiveOn(d Day) bool { return s.ActiveIn(Period{d, d}) }

// MainJob returns the 職種 under which the person stands on the sheet, "" if none is known.
func (s Staff) MainJob() JobID {
	if len(s.Jobs) == 0 {
		return ""
	}
	return s.Jobs[0].Job
}

// Check returns every fault of the person's data as a form would show them.
func (s Staff) Check() error {
	var f Faults
	f.Add("name", checkText(s.Name, 1, 100))
	f.Add("kana", checkText(s.Kana, 0, 100))
	f.Add("phone", checkText(s.Phone, 0, 30))
	f.Add("email", CheckEmail(s.Email))
	f.Add("class", oneOf(s.Class, Classes))
	f.Add("approval", oneOf(s.Approval, []Approval{Approved, Pending, Rejected}))
	f.Add("language", checkText(s.Language, 0, 16))
	if s.HomeSite == "" {
		f.Add("home_site", Refuse(Invalid, "error.required"))
	}
	if s.ActiveFrom != 0 && s.ActiveTo != 0 && s.ActiveTo < s.ActiveFrom {
		f.Add("active_to", Refuse(Invalid, "error.days_reversed"))
	}
	f.Add("jobs", checkShares(s.Jobs))
	f.Add("skills", checkSkills(s.Skills))
	return f.Err()
}

func checkShares(jobs []JobShare) error {
	sum := 0
	seen := map[JobID]bool{}
	for _, j := range jobs {
		if j.Share < 1 || j.Share > 100 || seen[j.Job] {
			return Refuse(Invalid, "error.job_share")
		}
		seen[j.Job] = true
		sum += j.Share
	}
	if len(jobs) > 0 && sum != 100 {
		return Refuse(Invalid, "error.job_share")
	}
	return nil
}

func checkSkills(skills []string) error {
	if len(skills) > 30 {
		return Refuse(Invalid, "error.too_many", Args{"Count": 30})
	}
	for _, s := range skills {
		if err := checkText(s, 1, 30); err != nil {
			return err
		}
	}
	return nil
}

// CheckEmail refuses what cannot be an e-mail address; empty is allowed.
func CheckEmail(s string) error {
	if s == "" {
		return nil
	}
	name, host, ok := strings.Cut(s, "@")
	if !ok || name == "" || !strings.Contains(host, ".") || strings.Contains(host, "@") || strings.ContainsAny(s, " 　\n\t,;<>\"") {
		return Refuse(Invalid, "error.email")
	}
	return checkText(s, 3, 254)
}

// Contract is what a person agreed to from one day on. The newest one that covers a day counts.
type Contract struct {
	ID        ContractID
	Staff     StaffID
	From      Day
	To        Day     // 0: open end
	FullTime  bool    // 常勤, otherwise 非常勤
	Exclusive bool    // 専従, otherwise 兼務
	Weekly    Minutes // agreed hours a week
	WeeklyMax Minutes // never more than this in a week (扶養, 留学生 28 h); 0: the law's 40 h
	WeekDays  int     // agreed days a week, 0: open
	NoNight   bool    // 深夜業不可
	Version   int64
}

// Check returns every fault of the contract.
func (c Contract) Check() error {
	var f Faults
	if c.From == 0 {
		f.Add("from", Refuse(Invalid, "error.required"))
	}
	if c.To != 0 && c.To < c.From {
		f.Add("to", Refuse(Invalid, "error.days_reversed"))
	}
	if c.Weekly < 0 || c.Weekly > 60*60 {
		f.Add("weekly", Refuse(Invalid, "error.weekly_hours"))
	}
	if c.WeeklyMax < 0 || c.WeeklyMax > 60*60 {
		f.Add("weekly_max", Refuse(Invalid, "error.weekly_hours"))
	}
	if c.WeekDays < 0 || c.WeekDays > 7 {
		f.Add("week_days", Refuse(Invalid, "error.week_days"))
	}
	return f.Err()
}

// ContractOn picks the contract of a list that covers the day; of several the one that began last. ok is false if none does.
func ContractOn(list []Contract, d Day) (c Contract, ok bool) {
	for _, x := range list {
		if x.From <= d && (x.To == 0 || x.To >= d) && (!ok || x.From > c.From) {
			c, ok = x, true
		}
	}
	return c, ok
}

// SortStaff orders people as the sheet shows them: by 職種, 常勤 before 非常勤, own position, ふりがな, name.
func SortStaff(staff []Staff, jobs []Job, fullTime func(StaffID) bool) {
	place := map[JobID]int{"": len(jobs) + 1}
	for i, j := range jobs {
		place[j.ID] = i
	}
	rank := func(s Staff) int {
		p, ok := place[s.MainJob()]
		if !ok {
			p = len(jobs)
		}
		if fullTime(s.ID) {
			return p * 2
		}
		return p*2 + 1
	}
	slices.SortStableFunc(staff, func(a, b Staff) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if d := a.Position - b.Position; d != 0 {
			return d
		}
		if d := strings.Compare(a.Kana, b.Kana); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
}
