package demo

import (
	"fmt"
	"time"

	"wakakusa/roster"
)

// rhythm is how somebody's weeks go.
type rhythm int

const (
	nights   rhythm = iota // 早日遅夜明公公, round the clock
	rounds                 // five days, two off, every day of the week
	weekdays               // Monday to Friday
	hours                  // a few short days a week
	attends                // 利用者: fixed weekdays
)

// post is a group of people with the same work: how many of a hundred there are, and who they are.
type post struct {
	site     string // home, works, office
	job      string
	share    int
	rhythm   rhythm
	noNight  bool
	skills   []string
	second   string // 兼務: another 職種 for some of the hours
	turns    bool   // some of a day begin early, some late
	position int
}

// posts add up to 100.
var posts = []post{
	{site: "home", job: "施設長", share: 1, rhythm: weekdays, skills: []string{"社会福祉士"}},
	{site: "home", job: "生活相談員", share: 1, rhythm: weekdays, skills: []string{"社会福祉士", "普通自動車免許"}, second: "介護支援専門員"},
	{site: "home", job: "生活相談員", share: 1, rhythm: weekdays, skills: []string{"社会福祉士"}},
	{site: "home", job: "介護支援専門員", share: 2, rhythm: weekdays, skills: []string{"介護支援専門員"}},
	{site: "home", job: "看護職員", share: 6, rhythm: rounds, noNight: true, skills: []string{"看護師"}, turns: true},
	{site: "home", job: "看護職員", share: 2, rhythm: hours, noNight: true, skills: []string{"准看護師"}},
	{site: "home", job: "介護職員", share: 35, rhythm: nights, skills: []string{"介護福祉士", "喀痰吸引"}, turns: true},
	{site: "home", job: "介護職員", share: 3, rhythm: rounds, noNight: true, skills: []string{"介護福祉士"}},
	{site: "home", job: "介護職員", share: 12, rhythm: hours, skills: []string{"初任者研修"}},
	{site: "home", job: "機能訓練指導員", share: 2, rhythm: weekdays, skills: []string{"理学療法士"}},
	{site: "home", job: "栄養士", share: 1, rhythm: weekdays, skills: []string{"管理栄養士"}},
	{site: "home", job: "調理員", share: 4, rhythm: rounds, skills: []string{"調理師"}, turns: true},
	{site: "home", job: "調理員", share: 3, rhythm: hours},
	{site: "works", job: "管理者", share: 1, rhythm: weekdays, skills: []string{"社会福祉士"}, second: "サービス管理責任者"},
	{site: "works", job: "サービス管理責任者", share: 1, rhythm: weekdays, skills: []string{"サービス管理責任者"}},
	{site: "works", job: "職業指導員", share: 5, rhythm: weekdays, skills: []string{"普通自動車免許"}},
	{site: "works", job: "職業指導員", share: 3, rhythm: hours},
	{site: "works", job: "生活支援員", share: 4, rhythm: weekdays, skills: []string{"精神保健福祉士", "普通自動車免許"}},
	{site: "works", job: "生活支援員", share: 3, rhythm: hours, skills: []string{"普通自動車免許"}},
	{site: "works", job: "調理員", share: 1, rhythm: hours},
	{site: "office", job: "管理者", share: 1, rhythm: weekdays},
	{site: "office", job: "事務員", share: 6, rhythm: weekdays, skills: []string{"日商簿記2級"}},
	{site: "office", job: "事務員", share: 2, rhythm: hours},
}

// membersOf100 is how many 利用者 come on top of a hundred staff.
const membersOf100 = 15

// worker is a person with everything the plan needs to know.
type worker struct {
	post     post
	staff    roster.Staff
	contract roster.Contract
	cells    []string                    // symbol by day of the horizon, "" for nothing
	special  map[roster.Day][]shiftDraft // days that are not just the code
}

// shiftDraft is a shift that differs from its code.
type shiftDraft struct {
	symbol string
	span   roster.Span // empty: the code's
	note   string
	site   string // "": the worker's own
}

// hire makes the people of every post. Cumulated shares keep the sum exact for any number of staff.
func (p *plan) hire(n int) {
	members := (n*membersOf100 + 99) / 100
	list := names(p.rng, n+members)
	sum, made := 0, 0
	for i, po := range posts {
		po.position = i + 1
		sum += po.share
		for ; made < sum*n/100; made++ {
			p.workers = append(p.workers, p.person(po, list[made], made))
		}
	}
	for i := range members {
		po := post{site: "works", rhythm: attends, position: len(posts) + 1}
		p.workers = append(p.workers, p.person(po, list[made+i], made+i))
	}
}

func (p *plan) person(po post, who name, n int) *worker {
	age := 22 + p.rng.IntN(40)
	s := roster.Staff{
		ID: roster.StaffID(p.newID()), Name: who.full, Kana: who.kana, Class: roster.ClassRegular, HomeSite: p.site(po.site).ID,
		BirthDay: p.today - roster.Day(age*365+p.rng.IntN(365)), Phone: fmt.Sprintf("090-0000-%04d", n+1), Email: who.latin + "@example.jp",
		Approval: roster.Approved, Position: po.position, Jobs: p.shares(po), Skills: p.someSkills(po.skills),
	}
	switch {
	case po.rhythm == hours:
		s.Class = roster.ClassPartTime
	case po.rhythm == attends:
		s.Class, s.Email = roster.ClassMember, ""
	}
	if n%25 == 20 && po.rhythm != attends {
		s.Language = "en"
	}
	return &worker{post: po, staff: s, contract: p.agree(po, s.ID), special: map[roster.Day][]shiftDraft{}}
}

func (p *plan) shares(po post) []roster.JobShare {
	switch {
	case po.job == "":
		return nil
	case po.second != "":
		return []roster.JobShare{{Job: p.jobs[po.job].ID, Share: 50}, {Job: p.jobs[po.second].ID, Share: 50}}
	}
	return []roster.JobShare{{Job: p.jobs[po.job].ID, Share: 100}}
}

func (p *plan) someSkills(all []string) []string {
	if len(all) < 2 {
		return all
	}
	return all[:1+p.rng.IntN(len(all))]
}

// agree makes the contract: 常勤 40 hours; 非常勤 three or four days of five hours, some with a limit (扶養, 留学生).
func (p *plan) agree(po post, who roster.StaffID) roster.Contract {
	year, _, _ := p.months.First.Date()
	c := roster.Contract{
		ID: roster.ContractID(p.newID()), Staff: who, From: roster.MakeDay(year-1-p.rng.IntN(8), time.April, 1),
		Exclusive: po.second == "", NoNight: po.noNight,
	}
	switch po.rhythm {
	case attends:
		c.WeekDays = 4 + p.rng.IntN(2)
		c.Weekly = roster.Minutes(c.WeekDays * 5 * 60)
	case hours:
		c.WeekDays = 3 + p.rng.IntN(2)
		c.Weekly = roster.Minutes(c.WeekDays * 5 * 60)
		c.WeeklyMax = []roster.Minutes{0, 22 * 60, 28 * 60}[p.rng.IntN(3)]
		c.Exclusive = p.rng.IntN(3) > 0
	default:
		c.FullTime, c.Weekly, c.WeekDays = true, 40*60, 5
	}
	return c
}
