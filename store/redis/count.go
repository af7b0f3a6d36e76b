package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// script keeps the times of what it allowed, newest first, as many as the limit: when the oldest of a full list lies within the window,
// the limit is reached. Time is Redis's, so that servers with different clocks count alike. What is refused does not count.
var script = goredis.NewScript(`
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local nth = redis.call('LINDEX', KEYS[1], limit - 1)
if nth and now - tonumber(nth) < window then
	return tonumber(nth) + window - now
end
redis.call('LPUSH', KEYS[1], now)
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window)
return 0
`)

// Take counts one more under a key, unless limit were counted within the time per before now; then it says how long until there is room.
func (c *Client) Take(ctx context.Context, key string, limit int, per time.Duration) (wait time.Duration, err error) {
	err = c.do(ctx, func(ctx context.Context) (err error) {
		wait, err = c.take(ctx, "count:"+key, limit, per)
		return err
	})
	return wait, err
}

func (c *Client) take(ctx context.Context, key string, limit int, per time.Duration) (wait time.Duration, err error) {
	ms, err := script.Run(ctx, c.db, []string{prefix + key}, limit, per.Milliseconds()).Int64()
	return time.Duration(ms) * time.Millisecond, err
}
