package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/roster"
)

const staffQuery = `SELECT id, name, kana, class, birth_day, phone, email, language, home_site_id, jobs, skills, active_from, active_to,
	approval, position, version FROM staff WHERE org_id = ?`

func scanStaff(rows *sql.Rows, s *roster.Staff) error {
	return rows.Scan(&s.ID, &s.Name, &s.Kana, &s.Class, day{&s.BirthDay}, &s.Phone, &s.Email, &s.Language, &s.HomeSite,
		list[[]roster.JobShare]{&s.Jobs}, list[[]string]{&s.Skills}, day{&s.ActiveFrom}, day{&s.ActiveTo}, &s.Approval, &s.Position, &s.Version)
}

func (r *reader) People(ctx context.Context) ([]roster.Staff, error) {
	return query(ctx, r, staffQuery+` ORDER BY id`, scanStaff)
}

func (r *reader) Staff(ctx context.Context, id roster.StaffID) (roster.Staff, error) {
	return queryOne(ctx, r, staffQuery+` AND id = ?`, scanStaff, id)
}

func (w *writer) SaveStaff(ctx context.Context, s roster.Staff) (_ roster.Staff, err error) {
	s.Version, err = w.save(ctx, "staff", string(s.ID), s.Version, []column{
		{"name", s.Name},
		{"kana", s.Kana},
		{"class", s.Class},
		{"birth_day", dayText(s.BirthDay)},
		{"phone", s.Phone},
		{"email", s.Email},
		{"language", s.Language},
		{"home_site_id", s.HomeSite},
		{"jobs", asJSON(s.Jobs)},
		{"skills", asJSON(s.Skills)},
		{"active_from", dayText(s.ActiveFrom)},
		{"active_to", dayText(s.ActiveTo)},
		{"approval", s.Approval},
		{"position", s.Position},
	})
	return s, err
}

const contractQuery = `SELECT id, staff_id, from_day, to_day, full_time, exclusive, weekly, weekly_max, week_days, no_night, version
	FROM contracts WHERE org_id = ?`

func scanContract(rows *sql.Rows, c *roster.Contract) error {
	return rows.Scan(&c.ID, &c.Staff, day{&c.From}, day{&c.To}, &c.FullTime, &c.Exclusive, &c.Weekly, &c.WeeklyMax, &c.WeekDays, &c.NoNight, &c.Version)
}

func (r *reader) Contracts(ctx context.Context) (map[roster.StaffID][]roster.Contract, error) {
	all, err := query(ctx, r, contractQuery+` ORDER BY from_day, id`, scanContract)
	by := make(map[roster.StaffID][]roster.Contract, len(all))
	for _, c := range all {
		by[c.Staff] = append(by[c.Staff], c)
	}
	return by, err
}

func (r *reader) ContractsOf(ctx context.Context, id roster.StaffID) ([]roster.Contract, error) {
	return query(ctx, r, contractQuery+` AND staff_id = ? ORDER BY from_day, id`, scanContract, id)
}

func (w *writer) SaveContract(ctx context.Context, c roster.Contract) (_ roster.Contract, err error) {
	c.Version, err = w.save(ctx, "contracts", string(c.ID), c.Version, []column{
		{"staff_id", c.Staff},
		{"from_day", dayText(c.From)},
		{"to_day", dayText(c.To)},
		{"full_time", c.FullTime},
		{"exclusive", c.Exclusive},
		{"weekly", c.Weekly},
		{"weekly_max", c.WeeklyMax},
		{"week_days", c.WeekDays},
		{"no_night", c.NoNight},
	})
	return c, err
}

func (w *writer) RemoveContract(ctx context.Context, id roster.ContractID, version int64) error {
	return w.remove(ctx, "contracts", string(id), version)
}
