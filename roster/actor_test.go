package roster

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// The matrix says per role, action and place whether it is allowed: o own site, x other site, - neither.
func TestCan(t *testing.T) {
	actions := []Action{ViewRoster, EditRoster, PublishRoster, ViewOwn, ViewStaff, EditStaff, EditNeeds, EditMasters, EditMembers, EditOrg, ViewHistory, KeepBackups}
	matrix := map[Role]string{
		//          見る 直す 公開 自分 名簿 職員 人数 台帳 権限 組織 履歴 控え
		RoleAdmin:   "ox ox ox ox ox ox ox ox ox ox ox ox",
		RoleManager: "o  o  o  ox o  o  o  -  -  -  -  -",
		RoleViewer:  "o  -  -  -  -  -  -  -  -  -  -  -",
		RoleStaff:   "-  -  -  ox -  -  -  -  -  -  -  -",
		RoleMember:  "-  -  -  ox -  -  -  -  -  -  -  -",
		"":          "-  -  -  -  -  -  -  -  -  -  -  -",
		"root":      "-  -  -  -  -  -  -  -  -  -  -  -",
	}
	for role, line := range matrix {
		a := Actor{Role: role, Staff: sato, Sites: []SiteID{here}}
		for i, places := range strings.Fields(line) {
			for mark, site := range map[string]SiteID{"o": here, "x": there} {
				err := Can(a, actions[i], Subject{Site: site})
				if want := strings.Contains(places, mark); (err == nil) != want {
					t.Errorf("%s %s at %s: %v", role, actions[i], site, err)
				}
				if err != nil {
					refusal(t, err, Forbidden, "error.forbidden")
				}
			}
		}
	}
}

func TestCanKnowsOnlyListedActions(t *testing.T) {
	for _, role := range Roles {
		a := Actor{Role: role, Staff: sato, Sites: []SiteID{here}}
		if err := Can(a, "delete_everything", Subject{}); (err == nil) != (role == RoleAdmin) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestCanSeeOnlyOneself(t *testing.T) {
	for _, role := range []Role{RoleStaff, RoleMember} {
		a := Actor{Role: role, Staff: sato}
		if err := Can(a, ViewOwn, Subject{Staff: sato}); err != nil {
			t.Errorf("%s: own shifts: %v", role, err)
		}
		if Can(a, ViewOwn, Subject{Staff: goto_}) == nil {
			t.Errorf("%s sees another person's", role)
		}
	}
}

func TestManagerWithoutSites(t *testing.T) {
	if Can(Actor{Role: RoleManager}, EditRoster, Subject{Site: here}) == nil {
		t.Error("a manager of nothing edits 本館")
	}
}

func TestProgramMayEverything(t *testing.T) {
	a := Program("組織", "取り込み")
	if a.Org != "組織" || a.Name != "取り込み" || Can(a, EditOrg, Subject{}) != nil {
		t.Errorf("%+v", a)
	}
}

func TestVisibilityByClass(t *testing.T) {
	sees := func(s Settings) string {
		var marks []string
		for _, viewer := range Classes {
			var line strings.Builder
			for _, other := range Classes {
				line.WriteString(map[bool]string{true: "o", false: "-"}[s.CanSee(viewer, other)])
			}
			marks = append(marks, line.String())
		}
		return strings.Join(marks, " ")
	}
	tests := []struct {
		name string
		set  Settings
		want string // rows 職員 アルバイト 利用者
	}{
		{"はじめの設定", Settings{}, "oo- -o- ---"},
		{"みな見える", Settings{Sees: map[Class][]Class{ClassRegular: Classes, ClassPartTime: Classes, ClassMember: Classes}}, "ooo ooo ooo"},
		{"だれも見えない", Settings{Sees: map[Class][]Class{}}, "--- --- ---"},
		{"職員だけ", Settings{Sees: map[Class][]Class{ClassRegular: {ClassRegular}}}, "o-- --- ---"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := sees(test.set); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			kept, err := json.Marshal(test.set)
			var again Settings
			if err != nil || json.Unmarshal(kept, &again) != nil {
				t.Fatal(err)
			}
			if got := sees(again); got != test.want {
				t.Errorf("after keeping it: %s, want %s", got, test.want)
			}
		})
	}
}

func TestSettingsDefaults(t *testing.T) {
	got := Settings{}.WithDefaults()
	if got.RestHours != 11 || got.RunDays != 6 || got.WeekHours != 40 || got.WeekStart != 0 {
		t.Errorf("%+v", got)
	}
	own := Settings{RestHours: 9, RunDays: 5, WeekHours: 44}.WithDefaults()
	if own.RestHours != 9 || own.RunDays != 5 || own.WeekHours != 44 {
		t.Errorf("%+v", own)
	}
}

func TestPasswordPolicy(t *testing.T) {
	words := []string{"佐藤 太郎", "わかくさ苑の職員室", "sato@example.jp", ""}
	tests := []struct {
		name, password string
		role           Role
		key            string
	}{
		{"8文字の職員", "kazeniNO", RoleStaff, ""},
		{"7文字の職員", "kazeniN", RoleStaff, "error.password_short"},
		{"14文字の担当者", "kazeninoruhana", RoleManager, "error.password_short"},
		{"15文字の担当者", "kazeninoruhanab", RoleManager, ""},
		{"14文字の管理者", "kazeninoruhana", RoleAdmin, "error.password_short"},
		{"日本語と空白", "風に乗る花の町 へ行く", RoleStaff, ""},
		{"絵文字は一文字", "🌸🌊🍁🌱🌙🍵🎐", RoleStaff, "error.password_short"},
		{"256文字", strings.Repeat("かぜのうた", 51) + "x", RoleAdmin, ""},
		{"257文字", strings.Repeat("かぜのうた", 51) + "xy", RoleAdmin, "error.password_long"},
		{"よくある", "password", RoleStaff, "error.password_common"},
		{"大文字にしても", "PassWord1", RoleStaff, "error.password_common"},
		{"自分の名", "佐藤 太郎佐藤 太郎", RoleStaff, ""},
		{"自分のメール", "SATO@example.jp", RoleManager, "error.password_common"},
		{"施設の名", "わかくさ苑の職員室", RoleStaff, "error.password_common"},
		{"施設の名に空白", "わかくさ苑 の職員室", RoleStaff, "error.password_common"},
		{"製品の名", "wakakusa", RoleStaff, "error.password_common"},
		{"製品の名に空白", "Wakakusa Shift", RoleStaff, "error.password_common"},
		{"くり返し", "aaaaaaaaaaaaaaa", RoleManager, "error.password_common"},
		{"四文字のくり返し", "さくらだ" + "さくらだ" + "さく", RoleStaff, "error.password_common"},
		{"五文字のくり返し", "さくらだけさくらだけ", RoleStaff, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := CheckPassword(test.password, test.role, words...)
			if test.key == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if test.key != "" {
				refusal(t, err, Invalid, test.key)
			}
		})
	}
}

func TestFaultB14(t *testing.T) {
	for _, role := range Roles {
		if CheckPassword("12345678", role) == nil {
			t.Errorf("accepted for %s", role)
		}
	}
	refusal(t, CheckPassword("12345678", RoleStaff), Invalid, "error.password_common")
}

// The search is binary: a list out of order would let common passwords through.
func TestPasswordBlocklist(t *testing.T) {
	if !slices.IsSorted(commonPasswords) || len(commonPasswords) < 10_000 {
		t.Errorf("%d entries, sorted %v", len(commonPasswords), slices.IsSorted(commonPasswords))
	}
	for _, p := range commonPasswords {
		if p != strings.ToLower(p) || strings.ContainsAny(p, "\r\n") {
			t.Errorf("%q is not folded", p)
		}
		if CheckPassword(p, RoleStaff) == nil || CheckPassword(strings.ToUpper(p), RoleAdmin) == nil {
			t.Errorf("%q accepted", p)
		}
	}
	for _, p := range []string{ // what lists of leaked passwords begin with
		"123456789", "password1", "qwerty123", "11111111", "1234567890", "iloveyou", "sunshine", "princess", "football", "superman", "trustno1", "qwertyuiop",
		"1q2w3e4r5t", "baseball", "computer", "michelle", "sakura123", "password123", "abcd1234", "asdfghjkl",
	} {
		if CheckPassword(p, RoleStaff) == nil {
			t.Errorf("%q accepted", p)
		}
	}
}

func TestPasswordLeavesTheCallersWordsAlone(t *testing.T) {
	words := append(make([]string, 0, 8), "佐藤")
	if err := CheckPassword("kazeninoruhana", RoleStaff, words...); err != nil {
		t.Fatal(err)
	}
	if rest := words[:8]; strings.Join(rest[1:], "") != "" {
		t.Errorf("written behind the caller's list: %q", rest)
	}
}
