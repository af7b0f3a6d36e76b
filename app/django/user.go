package django

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"wakakusa/roster"
	"wakakusa/store"
)

var userColumns = []string{
	"id", "username", "password", "email", "first_name", "last_name", "is_superuser", "is_staff", "is_active", "date_joined",
}

// loginLong leaves room for a number behind a name that is in use.
const loginLong = 147

// user is an account of the former system.
type user struct {
	row    row
	old    string
	login  string
	super  bool
	office bool // may open the admin site
	active bool
	person *person
	places []*target // where the account belongs; the first keeps what is known of it
}

// readUsers keeps all accounts in memory and ties them to people, by id only: a login that equals a person's name proves nothing.
func (im *importer) readUsers(ctx context.Context) error {
	by := map[string]*user{}
	err := im.src.each(ctx, tableUser, userColumns, byID, func(r row) error {
		u := &user{
			row: r, old: r.text("id"), login: cleanLine(r.text("username")), super: r.yes("is_superuser", false),
			office: r.yes("is_staff", false), active: r.yes("is_active", true),
		}
		im.users = append(im.users, u)
		by[u.old] = u
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range im.people {
		u := by[p.user]
		switch {
		case p.user == "":
		case u == nil:
			im.Report.tell(tableStaff, p.old, userLinkBroken, p.name, p.user)
		case u.person != nil:
			im.Report.tell(tableUser, u.old, userTwice, u.login, p.name)
		default:
			u.person, p.super = p, u.super
		}
	}
	return nil
}

// accounts brings everybody who can sign in. Accounts stand outside the organisations' pens, memberships inside.
func (im *importer) accounts(ctx context.Context) error {
	noAdmin := !slices.ContainsFunc(im.users, func(u *user) bool {
		return u.active && (u.super || u.person != nil && u.person.role == roleGlobal)
	})
	members := map[*target][]*item[roster.Member]{}
	others := map[*target][]*item[roster.Member]{}
	for _, u := range im.users {
		im.placeUser(u)
		if n := utf8.RuneCountInString(norm.NFKC.String(u.login)); n == 0 || n > loginLong {
			im.Report.tell(tableUser, u.old, userLong, u.login)
			n := im.Report.table(tableUser)
			n.rows++
			n.refused++
			continue
		}
		also, err := im.keepAccount(ctx, u)
		if err != nil {
			return fmt.Errorf("account %s: %w", u.old, err)
		}
		for i, t := range u.places {
			it := im.readMember(u, t, noAdmin)
			if i == 0 {
				it.also = also
				members[t] = append(members[t], it)
			} else {
				others[t] = append(others[t], it)
			}
		}
		im.tellUser(u, noAdmin)
	}
	for _, t := range im.targets {
		if err := keep(ctx, im, t, memberThing, members[t], im.Report.table(tableUser)); err != nil {
			return err
		}
		if err := keep(ctx, im, t, memberThing, others[t], nil); err != nil {
			return err
		}
	}
	return nil
}

// placeUser: superusers and global administrators reach every organisation, as before; everybody else their own.
func (im *importer) placeUser(u *user) {
	p := u.person
	switch {
	case u.super || p != nil && p.role == roleGlobal:
		u.places = slices.Clone(im.targets)
		if p != nil && p.target != nil {
			home := slices.Index(u.places, p.target)
			u.places[0], u.places[home] = u.places[home], u.places[0]
		}
	case p != nil && p.target != nil:
		u.places = []*target{p.target}
	case len(im.targets) == 1:
		u.places = im.targets
	default:
		u.places = im.targets[:1]
		if last := im.targets[len(im.targets)-1]; last.old == holdingOld {
			u.places = []*target{last}
		}
		im.Report.tell(tableUser, u.old, userFirstOrg, u.login, u.places[0].org.Name)
	}
}

// role maps what an account could do to what it may do here.
func (im *importer) role(u *user, noAdmin bool) roster.Role {
	p := u.person
	switch {
	case u.super:
		return roster.RoleAdmin
	case p != nil && p.role != "":
		return roleOf(p.role)
	case u.office && noAdmin && len(im.targets) == 1:
		return roster.RoleAdmin
	case u.office && len(im.targets) == 1:
		return roster.RoleManager
	}
	return roster.RoleStaff
}

func roleOf(former string) roster.Role {
	switch former {
	case roleGlobal:
		return roster.RoleAdmin
	case roleManager:
		return roster.RoleManager
	case roleUser:
		return roster.RoleMember
	}
	return roster.RoleStaff
}

func (im *importer) readMember(u *user, t *target, noAdmin bool) *item[roster.Member] {
	p := u.person
	m := roster.Member{Account: roster.AccountID(im.ownID(tableUser, u.old)), Name: u.display(), Role: im.role(u, noAdmin), Active: u.active, Sites: []roster.SiteID{}}
	if p != nil && p.target == t {
		m.Staff = p.id
	}
	if p != nil && !u.super && (!p.active || p.approval == roster.Rejected) {
		m.Active = false
	}
	if m.Role == roster.RoleManager {
		m.Sites = []roster.SiteID{t.site.ID}
	}
	if m.Role == roster.RoleAdmin && m.Active {
		im.Report.tell(tableUser, u.old, userAdmin, u.login, t.org.Name)
		if !u.super && (p == nil || p.role != roleGlobal) {
			im.Report.tell(tableUser, u.old, userUp, u.login)
		}
	}
	hash := u.row.digest([]string{"username", "first_name", "last_name", "is_superuser", "is_staff", "is_active"}, m.Name, string(m.Role), fmt.Sprint(m.Active), string(m.Staff))
	return &item[roster.Member]{old: u.old, hash: hash, value: m}
}

var memberThing = thing[roster.Member]{
	table: tableUser,
	now: func(ctx context.Context, r store.Reader, id string) (roster.Member, error) {
		return r.Member(ctx, roster.MemberID(id))
	},
	save: func(ctx context.Context, w store.Writer, m roster.Member) (roster.Member, error) {
		return w.SaveMember(ctx, m)
	},
	stamp:   func(m *roster.Member, id string, version int64) { m.ID, m.Version = roster.MemberID(id), version },
	version: func(m roster.Member) int64 { return m.Version },
	events:  savedEvents(roster.EventMemberSaved, "", func(m roster.Member) string { return string(m.ID) }),
	id:      func(m roster.Member) string { return string(m.ID) },
	title:   func(m roster.Member) string { return m.Name },
}

// admins prepares an invitation where nobody could administer the organisation: the former system had no superuser who can sign in.
func (im *importer) admins(ctx context.Context) error {
	for _, t := range im.targets {
		ok, err := im.hasAdmin(ctx, t)
		if err != nil {
			return err
		}
		if ok {
			continue
		}
		it := &item[roster.Member]{old: "1", value: roster.Member{Name: adminName, Role: roster.RoleAdmin, Sites: []roster.SiteID{}, Active: true}}
		k := memberThing
		k.table = "admin"
		if err := keep(ctx, im, t, k, []*item[roster.Member]{it}, nil); err != nil {
			return err
		}
		im.Report.tell(tableOrg, t.old, orgNoAdmin, t.org.Name)
		im.Report.Invite = append(im.Report.Invite, Invitee{Org: t.org, Member: roster.MemberID(it.id)})
	}
	return nil
}

// hasAdmin reports whether somebody who can sign in administers the organisation.
func (im *importer) hasAdmin(ctx context.Context, t *target) (bool, error) {
	var list []roster.Member
	err := im.Store.Read(ctx, t.org.ID, func(r store.Reader) (err error) { list, err = r.Members(ctx); return })
	if err != nil {
		return false, err
	}
	for _, m := range list {
		if m.Role != roster.RoleAdmin || !m.Active || m.Account == "" {
			continue
		}
		if acc, err := im.Store.Account(ctx, m.Account); err != nil || acc.Password != "" && !acc.Disabled {
			return err == nil, err
		}
	}
	return false, nil
}

// display is how the person is greeted: by the name on the roster, the names of the account, or the login.
func (u *user) display() string {
	if u.person != nil {
		return u.person.name
	}
	if s := cleanLine(u.row.text("last_name") + " " + u.row.text("first_name")); s != "" {
		s, _ = cut(s, 100)
		return s
	}
	s, _ := cut(u.login, 100)
	return s
}

// tellUser names what somebody should look at.
func (im *importer) tellUser(u *user, noAdmin bool) {
	if raw := u.row.text("username"); raw != u.login {
		im.Report.tell(tableUser, u.old, userCleaned, raw, u.login)
	}
	switch hash := u.row.text("password"); {
	case canSignIn(hash):
	case hash == "" || strings.HasPrefix(hash, "!"):
		im.Report.tell(tableUser, u.old, userNoSignIn, u.login)
	default:
		im.Report.tell(tableUser, u.old, userHash, u.login)
	}
	if !u.active {
		im.Report.tell(tableUser, u.old, userOff, u.login)
	}
	if u.person != nil {
		return
	}
	im.Report.tell(tableUser, u.old, userAlone, u.login, roleNames[im.role(u, noAdmin)])
	for _, p := range im.people {
		if name := bare(p.name); name == bare(u.login) || name == bare(u.display()) {
			im.Report.tell(tableUser, u.old, userLike, u.login, p.name, p.old)
		}
	}
}

// keepAccount finds, makes or updates the account and returns the reference to keep with its membership, nil if nothing changed. The
// id is the same at every import, so an account made by one that was cut short is found.
func (im *importer) keepAccount(ctx context.Context, u *user) (*store.ImportRef, error) {
	home := u.places[0].org.ID
	want := im.readAccount(u)
	hash := u.row.digest([]string{"username", "password", "email"}, want.Display)
	var ref store.ImportRef
	err := im.Store.Read(ctx, home, func(r store.Reader) error {
		refs, err := r.ImportRefs(ctx, im.src.Name, tableAccount, []string{u.old})
		ref = refs[u.old]
		return err
	})
	if err != nil {
		return nil, err
	}
	now, err := im.Store.Account(ctx, want.ID)
	switch {
	case roster.KindOf(err) == roster.NotFound:
	case err != nil:
		return nil, err
	case ref.OldID != "" && hashOf(ref) == hash:
		return nil, nil
	case ref.OldID != "" && now.Version != versionOf(ref):
		im.Report.tell(tableUser, u.old, hereChanged, u.login)
		return nil, nil
	default:
		want.Version, want.CreatedMs, want.Language, want.Theme = now.Version, now.CreatedMs, now.Language, now.Theme
	}
	saved, err := im.saveAccount(ctx, u, want)
	if err != nil {
		return nil, err
	}
	return &store.ImportRef{
		Source: im.src.Name, Table: tableAccount, OldID: u.old, NewID: string(saved.ID), Digest: digestAt(hash, saved.Version),
	}, nil
}

// tableAccount is where references to accounts stand; those to memberships stand under the account's own table.
const tableAccount = "account"

func (im *importer) readAccount(u *user) store.Account {
	a := store.Account{ID: roster.AccountID(im.ownID(tableUser, u.old)), Name: u.login, Display: u.display(), CreatedMs: im.Now().UnixMilli()}
	if canSignIn(u.row.text("password")) {
		a.Password = u.row.text("password")
	}
	if t, ok := parseInstant(u.row.text("date_joined")); ok {
		a.CreatedMs = t.UnixMilli()
	}
	a.Email = im.email(tableUser, u.old, u.row.text("email"))
	return a
}

// saveAccount gives way where somebody else has the name or the address.
func (im *importer) saveAccount(ctx context.Context, u *user, a store.Account) (store.Account, error) {
	for n := 2; ; n++ {
		saved, err := store.SaveAccount(ctx, im.Store, a)
		no := (*roster.Error)(nil)
		switch {
		case !errors.As(err, &no) || no.Kind != roster.Taken || n > 99:
			if err == nil && a.Name != u.login {
				im.Report.tell(tableUser, u.old, userRenamed, u.login, a.Name)
			}
			return saved, err
		case no.Field == "email":
			im.Report.tell(tableUser, u.old, emailTwice, a.Email, u.login)
			a.Email = ""
		default:
			a.Name = fmt.Sprintf("%s-%d", u.login, n)
		}
	}
}
