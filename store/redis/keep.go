package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Load returns what was kept under a key.
func (c *Client) Load(ctx context.Context, key string) (value []byte, ok bool, err error) {
	err = c.do(ctx, func(ctx context.Context) (err error) {
		value, err = c.db.Get(ctx, prefix+"kept:"+key).Bytes()
		if ok = err == nil; errors.Is(err, goredis.Nil) {
			return nil
		}
		return err
	})
	return value, ok && err == nil, err
}

// Keep keeps a value for as long as it lasts, or shorter.
func (c *Client) Keep(ctx context.Context, key string, value []byte, lasts time.Duration) error {
	return c.do(ctx, func(ctx context.Context) error { return c.db.Set(ctx, prefix+"kept:"+key, value, lasts).Err() })
}
