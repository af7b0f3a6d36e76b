package views

// People is the list of staff, grouped as the sheet groups them.
type People struct {
	Frame   Frame
	Query   string
	All     bool // those who have left, too
	Groups  []PeopleGroup
	Pending []PersonLine // registrations that wait for a decision
	Count   string
	Nobody  bool // not even without the search
}

// PeopleGroup is a 職種 and its people.
type PeopleGroup struct {
	Name   string
	People []PersonLine
}

// PersonLine is one person of the list.
type PersonLine struct {
	Href, Name, Kana, Site, Phone, Email string
	Class                                string
	Contract                             string // 常勤 40時間, "" for none
	State, StateKind                     string // a badge: 退職 2026年3月31日
}

// StaffForm is one person. Fields: name, kana, class, birth_day, phone, email, language, home_site, active_from, active_to, job and
// share (several), skills, position.
type StaffForm struct {
	Frame     Frame
	Form      Form
	New       bool
	Classes   []Choice
	Languages []Choice
	Sites     []Choice
	Jobs      []Choice
	JobRows   []JobRow
	Pending   bool
	Rejected  bool
	Contracts []ContractForm // the last one is empty: one more
	Account   *Link          // the person's account or the invitation; nil when the reader may not manage accounts
	Joined    bool
}

// JobRow is one 職種 with its share.
type JobRow struct{ Job, Share string }

// ContractForm is one contract. Fields: from, to, full_time, exclusive, weekly, weekly_max, week_days, no_night.
type ContractForm struct {
	Form    Form
	New     bool
	Title   string // 2026年4月1日〜
	Terms   string // 常勤・専従 週40時間
	Present bool
	Open    bool // it was refused: what is wrong must be seen
}

// tel is what a telephone dials.
func tel(phone string) string {
	digits := make([]rune, 0, len(phone))
	for _, r := range phone {
		if r >= '０' && r <= '９' {
			r += '0' - '０'
		}
		if r >= '0' && r <= '9' || r == '+' {
			digits = append(digits, r)
		}
	}
	return "tel:" + string(digits)
}
