package demo

import (
	"cmp"
	"slices"
	"time"

	"wakakusa/roster"
)

// duty stands for a day of work whose code is not chosen yet.
const duty = "w"

// Seven people who each stand at another place of a cycle cover every day alike, and each week holds two days off.
var (
	nightCycle = [7]string{duty, duty, duty, "夜", "明", "公", "公"} // 24 + 15 hours
	roundCycle = [7]string{duty, duty, duty, duty, duty, "公", "公"}
)

// fill makes everybody's row.
func (p *plan) fill() {
	for _, w := range p.workers {
		w.cells = make([]string, p.horizon.Days())
	}
	for _, g := range p.groups() {
		switch g[0].post.rhythm {
		case nights:
			p.rotate(g, nightCycle)
		case rounds:
			p.rotate(g, roundCycle)
		case weekdays:
			p.onWeekdays(g)
		case hours:
			p.someDays(g)
			continue
		case attends:
			p.attend(g)
			continue
		}
		p.evenOff(g)
		p.leave(g)
		p.turns(g)
	}
}

// rotate gives each person a place in the cycle and lets pairs change places at the end of a week where no rule forbids it, so
// that weeks differ and every day is still covered alike.
func (p *plan) rotate(g []*worker, cycle [7]string) {
	place := make([]int, len(g))
	for i, k := range p.rng.Perm(len(g)) {
		place[i] = k % 7
	}
	for sunday := p.horizon.First; sunday <= p.horizon.Last; sunday += 7 {
		for range 4 * len(g) {
			i, k := p.rng.IntN(len(g)), p.rng.IntN(len(g))
			if p.mayFollow(g[i], sunday, cycle, place[k]) && p.mayFollow(g[k], sunday, cycle, place[i]) {
				place[i], place[k] = place[k], place[i]
			}
		}
		for i, w := range g {
			for d := range 7 {
				p.put(w, sunday+roster.Day(d), cycle[(place[i]+d)%7])
			}
		}
	}
}

// mayFollow reports whether a week that begins at a place of the cycle may follow what the person did: 明 only after 夜, 公 after 明,
// no more than six days of work and three days off in a row.
func (p *plan) mayFollow(w *worker, sunday roster.Day, cycle [7]string, place int) bool {
	last, first := p.at(w, sunday-1), cycle[place]
	if last == "" {
		return true
	}
	if (last == "夜") != (first == "明") || (last == "明" && first != "公") {
		return false
	}
	free := first == "公"
	ahead := 0
	for ahead < 7 && (cycle[(place+ahead)%7] == "公") == free {
		ahead++
	}
	behind := 0
	for behind < 7 && p.at(w, sunday-1-roster.Day(behind)) != "" && (p.at(w, sunday-1-roster.Day(behind)) == "公") == free {
		behind++
	}
	if free {
		return ahead+behind <= 3
	}
	return ahead+behind <= 6
}

func (p *plan) onWeekdays(g []*worker) {
	for _, w := range g {
		for d := p.horizon.First; d <= p.horizon.Last; d++ {
			p.put(w, d, duty)
			if p.restDay(d) {
				p.put(w, d, "公")
			}
		}
	}
}

// someDays spreads the agreed days of part-timers over the week: where the fewest are, by chance among equals.
func (p *plan) someDays(g []*worker) {
	for sunday := p.horizon.First; sunday <= p.horizon.Last; sunday += 7 {
		var taken [7]int
		for _, i := range p.rng.Perm(len(g)) {
			p.someDaysOf(g[i], sunday, &taken)
		}
	}
}

func (p *plan) someDaysOf(w *worker, sunday roster.Day, taken *[7]int) {
	order := p.rng.Perm(7)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(taken[a], taken[b]) })
	left := w.contract.WeekDays
	for d := range 7 {
		p.put(w, sunday+roster.Day(d), "公")
	}
	for _, k := range order {
		d := sunday + roster.Day(k)
		if left == 0 || (w.post.site != "home" && p.restDay(d)) || p.runWith(w, d) > 5 {
			continue
		}
		p.put(w, d, "短")
		taken[k]++
		left--
	}
}

// attend puts 利用者 on their fixed weekdays.
func (p *plan) attend(g []*worker) {
	for i, w := range g {
		free := time.Weekday(9)
		if w.contract.WeekDays < 5 {
			free = time.Weekday(1 + i%5)
		}
		for d := p.horizon.First; d <= p.horizon.Last; d++ {
			if !p.restDay(d) && d.Weekday() != free {
				p.put(w, d, "通")
			}
		}
	}
}

// works reports whether a symbol makes a day one of work; 明 is the end of a night.
func works(symbol string) bool {
	switch symbol {
	case "", "公", "有", "欠", "特":
		return false
	}
	return true
}

// runWith returns how many days in a row somebody works if they work on a day.
func (p *plan) runWith(w *worker, d roster.Day) int {
	n := 1
	for x := d - 1; works(p.at(w, x)); x-- {
		n++
	}
	for x := d + 1; works(p.at(w, x)); x++ {
		n++
	}
	return n
}

// onDuty counts the people of a group with a symbol on a day.
func (p *plan) onDuty(g []*worker, d roster.Day, symbol string) (n int) {
	for _, w := range g {
		if p.at(w, d) == symbol {
			n++
		}
	}
	return n
}

// evenOff brings everybody to the 公休数 of each period: missing ones are taken where the most people are, the rest of too many
// becomes 有. Weekends and holidays of those who work on weekdays stay as they are.
func (p *plan) evenOff(g []*worker) {
	site := p.site(g[0].post.site)
	for _, period := range p.periodsOf(site) {
		for _, w := range g {
			for p.countOff(w, period) < site.OffDays && p.takeOff(g, w, period) {
				continue
			}
			if w.post.rhythm != weekdays {
				p.spendRest(w, period, p.countOff(w, period)-site.OffDays)
			}
		}
	}
}

func (p *plan) countOff(w *worker, period roster.Period) (n int) {
	for d := period.First; d <= period.Last; d++ {
		if p.at(w, d) == "公" {
			n++
		}
	}
	return n
}

func (p *plan) takeOff(g []*worker, w *worker, period roster.Period) bool {
	best, most := roster.Day(0), 0
	for _, k := range p.rng.Perm(period.Days()) {
		d := period.First + roster.Day(k)
		if n := p.onDuty(g, d, duty); p.at(w, d) == duty && n > most {
			best, most = d, n
		}
	}
	if most > 0 {
		p.put(w, best, "公")
	}
	return most > 0
}

// spendRest turns some 公 that do not follow a night into paid leave.
func (p *plan) spendRest(w *worker, period roster.Period, n int) {
	for d := period.Last; d >= period.First && n > 0; d-- {
		if p.at(w, d) == "公" && p.at(w, d-1) != "明" {
			p.put(w, d, "有")
			n--
		}
	}
}

// leave sprinkles paid leave, half days and training over days on which nobody will be missed.
func (p *plan) leave(g []*worker) {
	usual := 0
	for d := p.horizon.First; d <= p.horizon.Last; d++ {
		usual += p.onDuty(g, d, duty)
	}
	usual /= p.horizon.Days()
	for d := p.horizon.First; d <= p.horizon.Last; d++ {
		for _, w := range g {
			if p.at(w, d) != duty || p.rng.IntN(100) >= 6 || p.onDuty(g, d, duty) < max(2, usual) {
				continue
			}
			p.put(w, d, []string{"有", "有", "有", "研", "研", "半"}[p.rng.IntN(6)])
		}
	}
}

// turns chooses 早, 日 and 遅 for those on duty. Who was late the day before is not early.
func (p *plan) turns(g []*worker) {
	each := 0
	if g[0].post.turns {
		each = max(1, len(g)/7)
	}
	for d := p.horizon.First; d <= p.horizon.Last; d++ {
		var here []*worker
		for _, k := range p.rng.Perm(len(g)) {
			if p.at(g[k], d) == duty {
				here = append(here, g[k])
			}
		}
		late := func(w *worker) int {
			if p.at(w, d-1) == "遅" {
				return 1
			}
			return 0
		}
		slices.SortStableFunc(here, func(a, b *worker) int { return late(a) - late(b) })
		rest := here[min(each, len(here)):]
		p.rng.Shuffle(len(rest), func(i, k int) { rest[i], rest[k] = rest[k], rest[i] })
		for i, w := range here {
			switch {
			case i < each:
				p.put(w, d, "早")
			case i >= len(here)-each:
				p.put(w, d, "遅")
			default:
				p.put(w, d, "日")
			}
		}
	}
}
