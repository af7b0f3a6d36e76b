// Package djangotest makes databases as the former system left them: three generations of schema with everything odd that real ones
// contain. It is written from the description of that system, not from anybody's data.
package djangotest

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"wakakusa/roster"
)

// Generation is one of the three schemas.
type Generation string

const (
	A Generation = "A"
	B Generation = "B" // adds approvals
	C Generation = "C" // adds organisations and requests
)

// Generations lists them all.
var Generations = []Generation{A, B, C}

// Password is what every account of a fixture that can sign in has; Admin is the superuser's name.
const (
	Password = "昔のパスワード-2019"
	Admin    = "admin"
)

// Hash writes a password as the former system did. The rounds are few, so that tests are quick.
func Hash(password string) string {
	const rounds, salt = 1000, "yKx0pSalt"
	key, err := pbkdf2.Key(sha256.New, password, []byte(salt), rounds, sha256.Size)
	if err != nil {
		return "!" + err.Error()
	}
	return fmt.Sprintf("pbkdf2_sha256$%d$%s$%s", rounds, salt, base64.StdEncoding.EncodeToString(key))
}

// builder makes one file.
type builder struct {
	db    *sql.DB
	gen   Generation
	past  roster.Day // first of last month
	month roster.Day // first of this month
	err   error
}

// Build makes a database of a generation with every oddity; today decides which months are past.
func Build(path string, gen Generation, today roster.Day) error {
	b, err := open(path, gen, today)
	if err != nil {
		return err
	}
	b.run("BEGIN")
	b.schema()
	b.users()
	b.people()
	b.types()
	b.shifts()
	if gen != A {
		b.approvals()
	}
	if gen == C {
		b.organisations()
	}
	b.run("COMMIT")
	return errors.Join(b.err, b.db.Close())
}

// Big makes a plain database of generation A with many people and shifts, three months back to two ahead.
func Big(path string, people, shifts int, today roster.Day) error {
	b, err := open(path, A, today)
	if err != nil {
		return err
	}
	b.schema()
	b.run("BEGIN")
	b.insert("auth_user", cols("id,username,password,email,is_superuser,is_staff,is_active,first_name,last_name,date_joined"),
		1, Admin, Hash(Password), "", 1, 1, 1, "", "", "2019-04-01 00:00:00.000000")
	b.types()
	for i := 1; i <= people; i++ {
		b.insert("shift_management_staff", cols("id,name,is_active,created_at,updated_at"), i, fmt.Sprintf("職員 %04d", i), 1, joined, joined)
	}
	for i := range shifts {
		staff, day := i%people+1, b.past-62+roster.Day(i/people)
		b.shift(i+1, staff, 1+i%3, day, [3]string{"07:00:00", "08:30:00", "16:30:00"}[i%3], [3]string{"16:00:00", "17:30:00", "09:30:00"}[i%3], "")
	}
	b.run("COMMIT")
	return errors.Join(b.err, b.db.Close())
}

const joined = "2019-04-01 01:02:03.456789"

func open(path string, gen Generation, today roster.Day) (*builder, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	month := roster.PeriodOf(today, 1)
	return &builder{db: db, gen: gen, past: month.Previous(1).First, month: month.First}, nil
}

func cols(list string) []string { return strings.Split(list, ",") }

func (b *builder) run(statement string, args ...any) {
	if b.err == nil {
		if _, err := b.db.Exec(statement, args...); err != nil {
			b.err = fmt.Errorf("%s: %w", statement, err)
		}
	}
}

func (b *builder) insert(table string, columns []string, values ...any) {
	b.run("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")", values...)
}

func (b *builder) schema() {
	for _, s := range []string{
		`django_migrations (id integer PRIMARY KEY, app varchar(255), name varchar(255), applied datetime)`,
		`django_session (session_key varchar(40) PRIMARY KEY, session_data text, expire_date datetime)`,
		`auth_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login datetime, is_superuser bool NOT NULL, username varchar(150) UNIQUE NOT NULL,
			last_name varchar(150), email varchar(254), is_staff bool, is_active bool, date_joined datetime, first_name varchar(150))`,
		`shift_management_staff (id integer PRIMARY KEY, name varchar(100) NOT NULL, phone varchar(20), email varchar(254), position varchar(100),
			is_active bool NOT NULL, created_at datetime, updated_at datetime, user_id integer UNIQUE REFERENCES auth_user (id))`,
		`shift_management_shifttype (id integer PRIMARY KEY, name varchar(50) NOT NULL, color varchar(20), start_time time, end_time time, description text)`,
		`shift_management_shift (id integer PRIMARY KEY, staff_id integer NOT NULL, shift_type_id integer, date date NOT NULL, start_time time, end_time time,
			notes text, created_at datetime, updated_at datetime, is_deleted_with_reason bool, deletion_reason varchar(20))`,
		`shift_management_shifttemplate (id integer PRIMARY KEY, name varchar(100), description text, is_active bool, created_at datetime, updated_at datetime)`,
		`shift_management_shifttemplatedetail (id integer PRIMARY KEY, template_id integer, staff_id integer, shift_type_id integer, weekday integer, start_time time, end_time time)`,
		`inventory_item (id integer PRIMARY KEY, name text)`,
	} {
		b.run("CREATE TABLE " + s)
	}
	b.insert("django_migrations", cols("id,app,name,applied"), 1, "contenttypes", "0001_initial", "2019-04-01 00:00:00."+map[Generation]string{A: "100001", B: "200002", C: "300003"}[b.gen])
	b.insert("inventory_item", cols("id,name"), 1, "手袋")
	b.insert("inventory_item", cols("id,name"), 2, "マスク")
	b.insert("shift_management_shifttemplate", cols("id,name,is_active"), 1, "平日", 1)
	b.insert("shift_management_shifttemplatedetail", cols("id,template_id,staff_id,shift_type_id,weekday,start_time,end_time"), 1, 1, 1, 1, 0, "07:00:00", "16:00:00")
}

// Accounts of every fixture, by id.
const (
	UserAdmin    = 1  // superuser without a person
	UserYamada   = 2  // person 1
	UserHanako   = 3  // person 2, same e-mail as 2
	UserGone     = 4  // person 6, who has left
	UserLike     = 5  // named as person 7, not linked
	UserNoSignIn = 6  // person 4, unusable password
	UserOffice   = 7  // may open the admin site, no person
	UserOff      = 8  // inactive
	UserOldHash  = 9  // a scheme nobody verifies any more
	UserLoud     = 10 // the superuser's name in full-width letters
)

func (b *builder) users() {
	good := Hash(Password)
	for _, u := range []struct {
		id                   int
		name, hash, email    string
		super, staff, active int
	}{
		{UserAdmin, Admin, good, "admin@example.jp", 1, 1, 1},
		{UserYamada, "yamada", good, "care@example.jp", 0, 0, 1},
		{UserHanako, "hanako", good, "Care@example.jp", 0, 0, 1},
		{UserGone, "taishoku", good, "", 0, 0, 1},
		{UserLike, "鈴木一郎", good, "", 0, 0, 1},
		{UserNoSignIn, "yoshiko", "!Kq3unusable", "", 0, 0, 1},
		{UserOffice, "jimu", good, "no-address", 0, 1, 1},
		{UserOff, "mukou", good, "", 0, 0, 0},
		{UserOldHash, "furui", "md5$salt$0123456789abcdef0123456789abcdef", "", 0, 0, 1},
		{UserLoud, "ＡＤＭＩＮ", good, "", 0, 0, 1},
	} {
		b.insert("auth_user", cols("id,username,password,email,is_superuser,is_staff,is_active,first_name,last_name,date_joined,last_login"),
			u.id, u.name, u.hash, u.email, u.super, u.staff, u.active, "", "", joined, nil)
	}
}

func (b *builder) people() {
	for _, p := range []struct {
		id                           int
		name                         string
		phone, email, position, user any
		active                       int
	}{
		{1, "山田　太郎", "０９０ー１２３４−５６７８", "", "介護職員", UserYamada, 1},
		{2, "佐藤 花子", "090-1111-2222", "hanako@example.jp", nil, UserHanako, 1},
		{3, "ﾀﾅｶ ｲﾁﾛｳ", "(03) 1234-5678", nil, "介護職員", nil, 1},
		{4, "髙﨑 𠮷子", "+81 90 3333 4444", "", "看護職員", UserNoSignIn, 1},
		{5, "佐藤　花子", nil, nil, " ", nil, 1},
		{6, "退職 者子", nil, "", "介護職員", UserGone, 0},
		{7, "鈴木 一郎", nil, "", strings.Repeat("主任", 20), nil, 1},
		{8, "<b>太字</b>", nil, "x@example.jp", nil, nil, 1},
		{9, "見え\u200bない\u202e名", nil, "not an address", nil, nil, 1},
		{10, "　", nil, nil, nil, nil, 1},
	} {
		b.insert("shift_management_staff", cols("id,name,phone,email,position,user_id,is_active,created_at,updated_at"),
			p.id, p.name, p.phone, p.email, p.position, p.user, p.active, joined, "2024-03-31 16:00:00.000000")
	}
}

func (b *builder) types() {
	for _, t := range []struct {
		id                      int
		name, color, start, end string
		text                    any
	}{
		{1, "早番", "#3498db", "07:00:00", "16:00:00", nil},
		{2, "日勤", "#ffd95e", "08:30:00", "17:30:00", "ふつうの日"},
		{3, "夜勤", "#34495e", "16:30:00", "09:30:00.000000", nil},
		{4, "日直", "red; }", "09:00:00", "18:00:00", nil},
		{5, "公休", "#95a5a6", "00:00:00", "00:00:00", nil},
		{6, "待機", "#e74c3c", "00:00:00", "00:00:00", nil},
	} {
		b.insert("shift_management_shifttype", cols("id,name,color,start_time,end_time,description"), t.id, t.name, t.color, t.start, t.end, t.text)
	}
}

// shift writes a plain shift; kind 0 and empty times are NULL.
func (b *builder) shift(id, staff, kind int, day roster.Day, start, end, note string) {
	b.insert("shift_management_shift", cols("id,staff_id,shift_type_id,date,start_time,end_time,notes,created_at,updated_at,is_deleted_with_reason"),
		id, staff, orNull(kind), day.String(), orNull(start), orNull(end), orNull(note), joined, joined, 0)
}

// dayOff writes the row of a day off.
func (b *builder) dayOff(id, staff int, day roster.Day, reason string) {
	b.insert("shift_management_shift", cols("id,staff_id,date,created_at,updated_at,is_deleted_with_reason,deletion_reason"),
		id, staff, day.String(), joined, joined, 1, orNull(reason))
}

func orNull[T comparable](v T) any {
	if v == *new(T) {
		return nil
	}
	return v
}

// LongNote is the note of shift 20.
var LongNote = strings.Repeat("長い備考。", 120)

// Markup is the note of shift 19.
const Markup = `<img src=x onerror="alert(1)"><script>alert(2)</script>`

// ShiftsPast and ShiftsAhead are how many rows of every fixture's first 37 lie in the last month, and from this month on; two more
// (22, 23) cannot be imported.
const (
	ShiftsPast  = 33
	ShiftsAhead = 2
)

func (b *builder) shifts() {
	d := b.past
	b.shift(1, 1, 1, d, "07:00:00", "16:00:00", "")
	b.shift(2, 1, 2, d+1, "00:00:00", "00:00:00", "")        // nobody set a time: the type has one
	b.shift(3, 1, 0, d+2, "09:00:00", "17:00:00.000000", "") // no type
	b.shift(4, 1, 0, d+3, "00:00:00", "00:00:00", "")        // neither
	b.shift(5, 1, 3, d+4, "22:00:00", "07:00:00", "")        // typed as overnight by hand
	b.shift(6, 1, 1, d+6, "07:00:00", "11:00:00", "")        // two a day
	b.shift(7, 1, 1, d+6, "13:00:00", "17:00:00", "")
	b.shift(8, 1, 2, d+7, "08:00:00", "12:00:00", "") // two that overlap
	b.shift(9, 1, 2, d+7, "11:00:00", "15:00:00", "")
	b.dayOff(10, 1, d+8, "public_holiday") // beside a shift
	b.shift(11, 1, 2, d+8, "08:30:00", "17:30:00", "")
	b.shift(12, 6, 2, d, "08:30:00", "17:30:00", "") // of somebody inactive
	for i, reason := range []string{"public_holiday", "paid_leave", "paid_leave_am", "paid_leave_pm", "absenteeism", "other"} {
		b.dayOff(13+i, 2, d+roster.Day(i), reason)
	}
	b.shift(19, 2, 2, d+9, "08:30:00", "17:30:00", Markup)
	b.shift(20, 2, 2, d+10, "08:30:00", "17:30:00", LongNote)
	b.shift(21, 2, 6, d+11, "00:00:00", "00:00:00", "") // neither the row nor the type has a time
	b.shift(22, 99, 1, d, "07:00:00", "16:00:00", "")   // of nobody
	b.shift(23, 2, 1, 0, "07:00:00", "16:00:00", "")
	b.run(`UPDATE shift_management_shift SET date = '2026-13-45' WHERE id = 23`)
	b.shift(24, 2, 1, d+12, "9時", "17:00:00", "") // stored by the faulty update call
	b.shift(25, 2, 77, d+13, "09:00:00", "17:00:00", "")
	b.shift(26, 2, 2, d+14, "08:30:30", "17:30:00", "")
	b.dayOff(27, 2, d+15, "moon")
	b.shift(28, 3, 1, b.month+1, "07:00:00", "16:00:00", "")
	b.shift(29, 3, 3, b.month+2, "16:30:00", "09:30:00", "")
	b.shift(30, 3, 3, d+16, "16:30:00", "09:30:00", "") // into the next day's shift
	b.shift(31, 3, 1, d+17, "07:00:00", "16:00:00", "")
	b.shift(32, 3, 1, d+18, "", "", "") // no times at all
	b.shift(33, 3, 1, d+19, "07:00:00", "16:00:00", "ベル\aの音\r\n二行目")
	b.dayOff(34, 3, d+20, "paid_leave")
	b.run(`UPDATE shift_management_shift SET start_time = '08:30:00', end_time = '17:30:00', shift_type_id = 2 WHERE id = 34`)
	b.dayOff(35, 3, d+21, "paid_leave_pm") // a half day beside the shift it halves
	b.shift(36, 3, 2, d+21, "08:30:00", "17:30:00", "")
	b.shift(37, 4, 5, d+22, "00:00:00", "00:00:00", "") // a type that is a day off
}

// approvals adds what generation B knows. Shifts 40 to 43 lie in the last month.
func (b *builder) approvals() {
	for _, t := range []string{"shift_management_staff", "shift_management_shift"} {
		b.run("ALTER TABLE " + t + " ADD COLUMN approval_status varchar(20) DEFAULT 'approved'")
		for _, c := range []string{"approved_at datetime", "approved_by_id integer", "rejection_reason text"} {
			b.run("ALTER TABLE " + t + " ADD COLUMN " + c)
		}
	}
	b.run("ALTER TABLE shift_management_shift ADD COLUMN created_by_id integer")
	b.run("UPDATE shift_management_staff SET approval_status = 'pending' WHERE id = 7")
	b.run("UPDATE shift_management_staff SET approval_status = 'rejected', rejection_reason = '二重登録' WHERE id = 8")
	b.shift(40, 2, 1, b.past+20, "07:00:00", "16:00:00", "")
	b.shift(41, 2, 1, b.past+21, "07:00:00", "16:00:00", "")
	b.shift(42, 2, 0, b.past+22, "07:00:00", "16:00:00", "") // pending without a type: the former list failed on it
	b.shift(43, 7, 1, b.past, "07:00:00", "16:00:00", "")    // of somebody who waits
	b.run("UPDATE shift_management_shift SET approval_status = 'pending' WHERE id IN (40, 42)")
	b.run("UPDATE shift_management_shift SET approval_status = 'rejected', rejection_reason = '人員が足りています' WHERE id = 41")
}

// PrivateReason is what the former system copied into the note of shift 50.
const PrivateReason = "心療内科の受診のため"

// organisations adds generation C: people 1–4 belong to the first organisation, 5–8 to the second, 9 and 10 to none.
func (b *builder) organisations() {
	for _, s := range []string{
		`shift_management_organization (id integer PRIMARY KEY, name varchar(100), code varchar(20) UNIQUE, description text, is_active bool, timezone varchar(50),
			currency varchar(3), contact_email varchar(254), contact_phone varchar(20), address text, logo varchar(100), seal varchar(100), created_at datetime, updated_at datetime)`,
		`shift_management_leaverequest (id integer PRIMARY KEY, user_id integer, staff_id integer, request_type varchar(30), start_date date, end_date date, reason text,
			priority varchar(10), approval_status varchar(20), approved_by_id integer, approved_at datetime, rejection_reason text, created_at datetime, updated_at datetime)`,
		`shift_management_shiftproposal (id integer PRIMARY KEY, proposed_by_id integer, proposed_to_id integer, shift_date date, start_time time, end_time time, status varchar(20))`,
		`shift_management_staffcompatibility (id integer PRIMARY KEY, staff1_id integer, staff2_id integer, compatibility_level integer, reason text, set_by_id integer)`,
		`shift_management_holiday (id integer PRIMARY KEY, date date UNIQUE, name varchar(100), holiday_type varchar(20), is_active bool)`,
		`shift_management_event (id integer PRIMARY KEY, organization_id integer, title varchar(200), start_datetime datetime, end_datetime datetime)`,
		`shift_management_eventparticipant (id integer PRIMARY KEY, event_id integer, staff_id integer, status varchar(20))`,
		`shift_management_notification (id integer PRIMARY KEY, recipient_id integer, notification_type varchar(30), title varchar(200), message text, is_read bool, created_at datetime)`,
	} {
		b.run("CREATE TABLE " + s)
	}
	b.run("ALTER TABLE shift_management_staff ADD COLUMN organization_id integer")
	b.run("ALTER TABLE shift_management_staff ADD COLUMN role_type varchar(20) DEFAULT 'staff'")
	b.run("ALTER TABLE shift_management_staff ADD COLUMN inventory_permission varchar(20)")
	b.run("ALTER TABLE shift_management_shifttemplate ADD COLUMN organization_id integer")
	org := cols("id,name,code,description,is_active,timezone,currency,contact_email")
	b.insert("shift_management_organization", org, 1, "社会福祉法人　わかば会", "wakaba", "", 1, "Asia/Tokyo", "JPY", "")
	b.insert("shift_management_organization", org, 2, "ひかり作業所", "HIKARI_01", "B型", 0, "Mars/Base", "JPY", "info@hikari.example.jp")
	b.run("UPDATE shift_management_staff SET organization_id = CASE WHEN id <= 4 THEN 1 WHEN id <= 8 THEN 2 END")
	for id, role := range map[int]string{1: "manager", 3: "part_time", 4: "user", 7: "king", 10: "global_admin"} {
		b.run("UPDATE shift_management_staff SET role_type = ? WHERE id = ?", role, id)
	}
	b.requests()
}

func (b *builder) requests() {
	b.shift(50, 2, 0, b.past+23, "", "", "休み申請 "+PrivateReason)
	b.run("UPDATE shift_management_shift SET is_deleted_with_reason = 1, deletion_reason = 'other', shift_type_id = NULL WHERE id = 50")
	b.insert("shift_management_leaverequest", cols("id,user_id,staff_id,request_type,start_date,end_date,reason,priority,approval_status"),
		1, UserHanako, 2, "medical_appointment", (b.past + 23).String(), (b.past + 23).String(), PrivateReason, "high", "approved")
	b.insert("shift_management_shiftproposal", cols("id,proposed_by_id,proposed_to_id,status"), 1, 1, 2, "pending")
	b.insert("shift_management_staffcompatibility", cols("id,staff1_id,staff2_id,compatibility_level,reason"), 1, 1, 2, 1, "以前のもめごと")
	y, _, _ := b.past.Date()
	holiday := cols("id,date,name,holiday_type,is_active")
	b.insert("shift_management_holiday", holiday, 1, fmt.Sprintf("%d-01-01", y), "元日", "national", 1)
	b.insert("shift_management_holiday", holiday, 2, fmt.Sprintf("%d-06-10", y), "創立記念日", "company", 1)
	b.insert("shift_management_holiday", holiday, 3, fmt.Sprintf("%d-06-15", y), "県民の日", "regional", 1)
	b.insert("shift_management_holiday", holiday, 4, fmt.Sprintf("%d-06-20", y), "なかった祝日", "national", 1)
	b.insert("shift_management_holiday", holiday, 5, fmt.Sprintf("%d-06-21", y), "やめた休み", "company", 0)
	b.insert("shift_management_event", cols("id,organization_id,title"), 1, 1, "避難訓練")
	b.insert("shift_management_eventparticipant", cols("id,event_id,staff_id,status"), 1, 1, 1, "invited")
	b.insert("shift_management_notification", cols("id,recipient_id,title"), 1, 1, "お知らせ")
}
