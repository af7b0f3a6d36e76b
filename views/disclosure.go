package views

// Data is everything that is held about one person.
type Data struct {
	Frame    Frame
	Name     string
	Lead     string
	Made     string
	Form     Form // field: form (json, html)
	Sections []DataSection
}

// DataSection is what one table holds.
type DataSection struct {
	Title string
	Note  string
	Heads []string
	Rows  [][]string
	Cut   string // that there is more, "" if there is not
}

// pairs are the columns of the first row with their names.
func (s DataSection) pairs() [][2]string {
	var list [][2]string
	for i, h := range s.Heads {
		list = append(list, [2]string{h, s.Rows[0][i]})
	}
	return list
}
