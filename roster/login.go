package roster

import "strings"

// CheckLogin refuses user names that are empty, too long, or could be taken for an e-mail address with a blank in it.
func CheckLogin(s string) error {
	if err := checkText(s, 3, 150); err != nil {
		return err
	}
	if strings.ContainsAny(s, " 　\t\n") {
		return Refuse(Invalid, "error.login_blank")
	}
	return nil
}

// CheckFactorName refuses what does not name a second factor in a list.
func CheckFactorName(s string) error { return checkText(s, 1, 60) }
