package demo

import (
	"slices"

	"wakakusa/roster"
)

// spoil leaves in what real rosters have: help at another site, split days, notes, and in each month a few things that a manager
// would want to be told of.
func (p *plan) spoil() {
	care := p.careWorkers()
	if len(care) == 0 {
		return
	}
	for _, month := range p.periodsOf(p.home) {
		p.shortRest(care, month)
		p.sevenDays(care, month)
		p.lost(care, month, "夜", 1)
		p.lost(care, month, "早", 2)
		p.helpOut(care, month)
		p.splitDay(month)
		p.notes(care, month)
		if month.Contains(p.today) {
			p.missingOut(care, month)
		}
		if month.First > p.today {
			p.lock(care, month)
		}
	}
}

func (p *plan) careWorkers() (list []*worker) {
	for _, w := range p.workers {
		if w.post.rhythm == nights {
			list = append(list, w)
		}
	}
	return list
}

// pick finds a random (person, day) of a month for which fit holds and nothing special is planned. The edges are left alone.
func (p *plan) pick(list []*worker, month roster.Period, fit func(*worker, roster.Day) bool) (*worker, roster.Day) {
	days := month.Days() - 4
	for _, k := range p.rng.Perm(len(list) * days) {
		w, d := list[k/days], month.First+2+roster.Day(k%days)
		if len(w.special[d]) == 0 && len(w.special[d+1]) == 0 && fit(w, d) {
			return w, d
		}
	}
	return nil, 0
}

// shortRest lets somebody stay late before an early turn.
func (p *plan) shortRest(care []*worker, month roster.Period) {
	var other *worker
	w, d := p.pick(care, month, func(w *worker, d roster.Day) bool {
		if p.at(w, d) != "遅" || p.at(w, d+1) != "日" {
			return false
		}
		i := slices.IndexFunc(care, func(o *worker) bool { return p.at(o, d+1) == "早" && p.at(o, d) != "遅" && len(o.special[d+1]) == 0 })
		if i >= 0 {
			other = care[i]
		}
		return i >= 0
	})
	if w == nil {
		return
	}
	p.put(w, d+1, "早")
	p.put(other, d+1, "日")
	w.special[d] = []shiftDraft{{symbol: "遅", span: roster.Span{Start: 12 * 60, End: 21 * 60}, note: "夕食後の家族会まで"}}
}

// sevenDays takes a day off away, so that somebody works seven or more days in a row.
func (p *plan) sevenDays(care []*worker, month roster.Period) {
	w, d := p.pick(care, month, func(w *worker, d roster.Day) bool {
		n := p.runWith(w, d)
		return p.at(w, d) == "公" && n >= 7 && n <= 9 && p.at(w, d-1) != "夜"
	})
	if w != nil {
		p.put(w, d, "日")
	}
}

// missingOut puts a day off where 明 belongs.
func (p *plan) missingOut(care []*worker, month roster.Period) {
	w, d := p.pick(care, month, func(w *worker, d roster.Day) bool { return p.at(w, d) == "明" && p.at(w, d-1) == "夜" })
	if w != nil {
		p.put(w, d, "公")
	}
}

// lost gives leave to people of one turn on one day, for whom nobody stands in.
func (p *plan) lost(care []*worker, month roster.Period, symbol string, n int) {
	_, d := p.pick(care, month, func(w *worker, d roster.Day) bool { return p.at(w, d) == symbol })
	for _, w := range care {
		if d == 0 || n == 0 || p.at(w, d) != symbol || len(w.special[d]) > 0 {
			continue
		}
		p.put(w, d, "有")
		if p.at(w, d+1) == "明" {
			p.put(w, d+1, "公")
		}
		n--
	}
}

// helpOut sends two people to the workplace for a day (応援).
func (p *plan) helpOut(care []*worker, month roster.Period) {
	for range 2 {
		w, d := p.pick(care, month, func(w *worker, d roster.Day) bool { return p.at(w, d) == "日" && !p.restDay(d) })
		if w != nil {
			w.special[d] = []shiftDraft{{symbol: "日", site: "works", note: "ワークスへ応援"}}
		}
	}
}

// splitDay gives a part-timer two short stretches at meal times.
func (p *plan) splitDay(month roster.Period) {
	var part []*worker
	for _, w := range p.workers {
		if w.post.rhythm == hours && w.post.site == "home" {
			part = append(part, w)
		}
	}
	for range 2 {
		w, d := p.pick(part, month, func(w *worker, d roster.Day) bool { return p.at(w, d) == "短" })
		if w != nil {
			w.special[d] = []shiftDraft{
				{symbol: "早", span: roster.Span{Start: 7 * 60, End: 9*60 + 30}, note: "朝食介助"},
				{symbol: "遅", span: roster.Span{Start: 17 * 60, End: 19*60 + 30}, note: "夕食介助"},
			}
		}
	}
}

func (p *plan) notes(care []*worker, month roster.Period) {
	for _, text := range []string{"10:00 通院の付き添い(301号室)", "15時から事故防止委員会", "家族面談 14:00", "新人指導", "入浴リーダー\n午後は物品の確認"} {
		w, d := p.pick(care, month, func(w *worker, d roster.Day) bool { return p.at(w, d) == "日" || p.at(w, d) == "早" })
		if w != nil {
			w.special[d] = []shiftDraft{{symbol: p.at(w, d), note: text}}
		}
	}
}

// lock keeps some wished days off from being changed.
func (p *plan) lock(care []*worker, month roster.Period) {
	for range 3 {
		w, d := p.pick(care, month, func(w *worker, d roster.Day) bool { return p.at(w, d) == "公" })
		if w != nil {
			w.special[d] = []shiftDraft{{symbol: "公", note: "希望休"}}
			p.locks = append(p.locks, lockDraft{p.home.ID, roster.Cell{Staff: w.staff.ID, Day: d}})
		}
	}
}
