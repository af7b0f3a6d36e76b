package roster

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// For how many years the data of somebody who has left is kept. The law asks for five, and for the time being for three (労基法109条, 附則143条).
const (
	RetainLeast = 3
	RetainUsual = 5
	RetainMost  = 30
)

// EraseFrom is the first day on which the data of somebody who has left may be erased: it is kept for so many years after the last day of
// belonging here, or of work, whichever is later (労基則56条). ok is false for whoever has not left.
func (s Settings) EraseFrom(p Staff, lastShift Day) (from Day, ok bool) {
	if p.ActiveTo == 0 {
		return 0, false
	}
	y, m, d := max(p.ActiveTo, lastShift).Date()
	kept := max(s.WithDefaults().RetainYears, RetainLeast)
	return MakeDay(y+kept, m, d) + 1, true
}

var formerName = regexp.MustCompile(`^(?:退職者|元利用者) ([1-9][0-9]*)$`)

// FormerName stands in the place of the name of somebody who was erased.
func FormerName(c Class, number int) string {
	if c == ClassMember {
		return fmt.Sprintf("元利用者 %d", number)
	}
	return fmt.Sprintf("退職者 %d", number)
}

// NextFormer is the first number that no one of these people has.
func NextFormer(people []Staff) int {
	last := 0
	for _, p := range people {
		if m := formerName.FindStringSubmatch(p.Name); m != nil {
			n, _ := strconv.Atoi(m[1])
			last = max(last, n)
		}
	}
	return last + 1
}

// Erased reports whether nothing is left that tells who this was.
func (s Staff) Erased() bool {
	return formerName.MatchString(s.Name) && s.Kana == "" && s.BirthDay == 0 && s.Phone == "" && s.Email == "" && s.Language == "" && len(s.Skills) == 0
}

// Erase returns what is left of a person: what a roster needs to be counted.
func (s Staff) Erase(name string) Staff {
	s.Name, s.Kana, s.BirthDay, s.Phone, s.Email, s.Language, s.Skills = name, "", 0, "", "", "", nil
	return s
}

// EraseRecordsBefore is the moment before which the access log keeps no names and addresses, on a day.
func (s Settings) EraseRecordsBefore(today Day, zone *time.Location) time.Time {
	y, m, d := today.Date()
	return MakeDay(y-max(s.WithDefaults().RetainYears, RetainLeast), m, d).At(0, zone)
}

// Erased is what an act took away of a person, or of old entries (Staff is ""). The records that it emptied stand in it as ranges, so that an audit can tell an erasure from a
// forgery.
type Erased struct {
	Staff    StaffID
	Acts     string // 3-5 9
	Events   string // 4:0-2 7:1
	Accesses string // 1-3
	Nobody   string // entries of the log that belongs to no organisation
	Whole    bool   // the person is erased, too: nothing is left to do
}

// EventKey is the place of an event: the revision of its act, and its number there.
type EventKey struct {
	Revision int64
	N        int
}

// SpellNumbers writes 3, 4, 5 and 9 as "3-5 9".
func SpellNumbers(list []int64) string {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	var words []string
	for i := 0; i < len(list); {
		from := list[i]
		for i++; i < len(list) && list[i] == list[i-1]+1; i++ {
		}
		word := strconv.FormatInt(from, 10)
		if to := list[i-1]; to > from {
			word += "-" + strconv.FormatInt(to, 10)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// SpellEvents writes the places of events as "4:0-2 7:1".
func SpellEvents(list []EventKey) string {
	of := map[int64][]int64{}
	for _, k := range list {
		of[k.Revision] = append(of[k.Revision], int64(k.N))
	}
	var words []string
	for _, revision := range slices.Sorted(maps.Keys(of)) {
		for _, r := range strings.Fields(SpellNumbers(of[revision])) {
			words = append(words, strconv.FormatInt(revision, 10)+":"+r)
		}
	}
	return strings.Join(words, " ")
}

// maxSpelt bounds what is read of ranges: nobody erases more in one act.
const maxSpelt = 100_000

// ReadNumbers reads what SpellNumbers wrote; false where it did not.
func ReadNumbers(text string) (list []int64, ok bool) {
	for _, word := range strings.Fields(text) {
		first, last, isRange := strings.Cut(word, "-")
		from, err := strconv.ParseInt(first, 10, 64)
		to := from
		if err == nil && isRange {
			to, err = strconv.ParseInt(last, 10, 64)
		}
		if err != nil || from < 0 || to < from || to-from >= int64(maxSpelt-len(list)) {
			return nil, false
		}
		for n := from; n <= to; n++ {
			list = append(list, n)
		}
	}
	return list, true
}

// ReadEvents reads what SpellEvents wrote; false where it did not.
func ReadEvents(text string) (list []EventKey, ok bool) {
	for _, word := range strings.Fields(text) {
		act, numbers, ok := strings.Cut(word, ":")
		revision, err := strconv.ParseInt(act, 10, 64)
		ns, read := ReadNumbers(numbers)
		if !ok || !read || err != nil || len(ns)+len(list) > maxSpelt {
			return nil, false
		}
		for _, n := range ns {
			list = append(list, EventKey{revision, int(n)})
		}
	}
	return list, true
}
