package roster

import "slices"

// Role is what an account may do in an organisation.
type Role string

const (
	RoleAdmin   Role = "admin"   // 管理者: everything in the organisation
	RoleManager Role = "manager" // シフト担当 of one or more sites
	RoleStaff   Role = "staff"   // 職員 / アルバイト
	RoleMember  Role = "member"  // 利用者
	RoleViewer  Role = "viewer"  // looks at sheets, changes nothing
)

// Roles lists every role in the order forms show them.
var Roles = []Role{RoleAdmin, RoleManager, RoleStaff, RoleMember, RoleViewer}

// Manages reports whether the role needs the longer password.
func (r Role) Manages() bool { return r == RoleAdmin || r == RoleManager }

// ByQR reports a role whose people may be signed in by a code on somebody's screen, which can be photographed: they see their own shifts.
func (r Role) ByQR() bool { return r == RoleStaff || r == RoleMember }

// Actor is who acts, in which organisation and as what.
type Actor struct {
	Org     OrgID
	Account AccountID
	Member  MemberID
	Name    string
	Role    Role
	Staff   StaffID  // the person on the roster, "" for none
	Class   Class    // class of that person
	Sites   []SiteID // sites a manager is responsible for, or a viewer may look at
}

// Program is the actor of what nobody in particular does: imports, the demo, first run.
func Program(org OrgID, name string) Actor { return Actor{Org: org, Name: name, Role: RoleAdmin} }

// Action is something a person may or may not do.
type Action string

const (
	ViewRoster    Action = "view_roster"    // the whole sheet of a site
	EditRoster    Action = "edit_roster"    // place, move, remove shifts; see the draft
	PublishRoster Action = "publish_roster" // publish, withdraw, close, reopen
	ViewOwn       Action = "view_own"       // one's own published shifts and those of visible colleagues
	ViewStaff     Action = "view_staff"     // people with phone and e-mail
	EditStaff     Action = "edit_staff"
	EditNeeds     Action = "edit_needs"
	EditMasters   Action = "edit_masters" // sites, jobs, codes, holidays
	EditMembers   Action = "edit_members" // accounts and roles
	EditOrg       Action = "edit_org"
	ViewHistory   Action = "view_history"
	KeepBackups   Action = "keep_backups" // see how backups stand; what holds everybody's data asks for more, see app
)

// Subject is what an action is done to; empty fields mean "any".
type Subject struct {
	Site  SiteID
	Staff StaffID
}

// Can refuses (Forbidden) what the actor may not do. Everything that is not allowed here is forbidden.
func Can(a Actor, do Action, to Subject) error {
	if a.allowed(do, to) {
		return nil
	}
	return Refuse(Forbidden, "error.forbidden")
}

func (a Actor) allowed(do Action, to Subject) bool {
	mySite := to.Site == "" || slices.Contains(a.Sites, to.Site)
	switch a.Role {
	case RoleAdmin:
		return true
	case RoleManager:
		switch do {
		case ViewRoster, EditRoster, PublishRoster, ViewStaff, EditStaff, EditNeeds:
			return mySite
		case ViewOwn:
			return true
		}
	case RoleViewer:
		return do == ViewRoster && mySite
	case RoleStaff, RoleMember:
		return do == ViewOwn && (to.Staff == "" || to.Staff == a.Staff)
	}
	return false
}

// Member is an account's place in an organisation.
type Member struct {
	ID      MemberID
	Account AccountID
	Name    string // how the person is shown in history
	Role    Role
	Staff   StaffID
	Sites   []SiteID
	Active  bool
	Version int64
}

// Check returns every fault of the membership.
func (m Member) Check() error {
	var f Faults
	f.Add("name", checkText(m.Name, 1, 100))
	f.Add("role", oneOf(m.Role, Roles))
	if (m.Role == RoleManager || m.Role == RoleViewer) && len(m.Sites) == 0 {
		f.Add("sites", Refuse(Invalid, "error.member_sites"))
	}
	if (m.Role == RoleStaff || m.Role == RoleMember) && m.Staff == "" {
		f.Add("staff", Refuse(Invalid, "error.member_staff"))
	}
	return f.Err()
}
