package django

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// publishTries is how often a month is published on a busy machine; unlike rows it cannot be cut smaller.
const publishTries = 5

// months publishes what is past: everybody has seen it. What people did here meanwhile is not published behind their backs.
func (im *importer) months(ctx context.Context) error {
	for _, t := range im.targets {
		for _, first := range slices.Sorted(maps.Keys(t.months)) {
			said, err := im.publish(ctx, t, t.months[first])
			for try := 1; tooSlow(ctx, err) && try < publishTries; try++ {
				said, err = im.publish(ctx, t, t.months[first])
			}
			if err != nil {
				return fmt.Errorf("publish %s: %w", first, err)
			}
			if said != (finding{}) {
				im.Report.tell(tableShift, "", said, t.org.Name, first.String()[:7])
			}
		}
	}
	return nil
}

func (im *importer) publish(ctx context.Context, t *target, p roster.Period) (said finding, err error) {
	_, err = im.Store.Write(ctx, im.act(t), func(w store.Writer) error {
		before, err := w.RosterAt(ctx, t.site.ID, p)
		if err != nil {
			return err
		}
		if said, err = im.decideMonth(ctx, w, before, p); err != nil || said != monthOut && said != monthAgain {
			return err
		}
		org, err := w.Org(ctx)
		if err != nil {
			return err
		}
		after := before
		if before.Version == 0 {
			after.ID, after.OffDays = roster.RosterID(im.NewID()), t.site.OffDays
		}
		if after, err = after.Publish(org.Revision, w.NowMs()); err != nil {
			return err
		}
		if after, err = w.SaveRoster(ctx, after); err != nil {
			return err
		}
		w.Record(roster.Saved(roster.EventRosterSaved, string(after.ID), t.site.ID, before, after))
		return w.CopyPublished(ctx, after)
	})
	return said, err
}

// decideMonth says what happens to a past month: nothing, a first publication, or a further one with the rows that came now.
func (im *importer) decideMonth(ctx context.Context, r store.Reader, was roster.Roster, p roster.Period) (finding, error) {
	if was.Version == 0 {
		others, err := r.Rosters(ctx, was.Site, p)
		if err != nil || len(others) > 0 {
			return finding{}, err // periods began on another day of the month once: these days are published already
		}
		return monthOut, nil
	}
	if was.State != roster.StatePublished {
		return finding{}, nil
	}
	touched, err := r.TouchedAfter(ctx, was.PublishedAt, p)
	if err != nil || len(touched) == 0 {
		return finding{}, err
	}
	mine := 0
	for _, act := range touched {
		if act.Kind == actImported {
			mine++
		}
	}
	switch mine {
	case 0:
		return finding{}, nil
	case len(touched):
		return monthAgain, nil
	}
	return monthHere, nil
}
