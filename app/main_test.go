package app

import (
	"testing"

	"wakakusa/store/sqldb/sqldbtest"
)

func TestMain(m *testing.M) { sqldbtest.Main(m) }
