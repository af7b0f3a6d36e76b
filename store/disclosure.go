package store

import (
	"context"

	"wakakusa/roster"
)

// Personal says what a column tells of a person.
type Personal string

// The classes of the inventory. What is Sensitive may tell of illness or disability (要配慮個人情報); what is Secret never leaves, not even to
// the person.
const (
	NotPersonal Personal = "none"
	Key         Personal = "key" // leads from row to row and tells nothing without the names
	Identifying Personal = "identifying"
	Contact     Personal = "contact"
	Work        Personal = "work"
	Usage       Personal = "usage" // how and from where somebody uses the program
	Sensitive   Personal = "sensitive"
	Secret      Personal = "secret"
)

// Tells reports whether the column tells something of a person that the person may have.
func (p Personal) Tells() bool {
	switch p {
	case Identifying, Contact, Work, Usage, Sensitive:
		return true
	}
	return false
}

// Disclosed is all that a table holds about a person. Secrets are left out.
type Disclosed struct {
	Table   string
	Columns []DisclosedColumn
	Rows    [][]any // string, int64 or nil
}

// DisclosedColumn is a column with its class.
type DisclosedColumn struct {
	Name  string
	Class Personal
}

// Disclosing says whose data is asked for, and how much of it.
type Disclosing struct {
	Person
	Drafts  bool // also what is planned and not published
	Account bool // also what belongs to the account itself and so to no organisation: sign-ins, factors
}

// Disclosures reads everything about a person.
type Disclosures interface {
	Disclose(ctx context.Context, org roster.OrgID, d Disclosing) ([]Disclosed, error)
}
