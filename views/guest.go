package views

// Guests is the page that asks for help from another site. Fields of the form: staff, day, code.
type Guests struct {
	Frame  Frame
	Form   Form
	Back   string
	Base   int64
	Open   bool // the roster may change
	People []Choice
	Days   []Choice
	Codes  []PaletteCode
}
