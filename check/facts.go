package check

import (
	"io/fs"
	"net/http"
	"time"
)

// Facts are what is known of an installation.
type Facts struct {
	Deploy      bool // it is to be used by people
	Now         time.Time
	NotBefore   time.Time // it cannot be earlier than this: the program was built, a backup was made
	UID         int
	Settings    Settings
	Files       []File
	Disks       []Disk
	Fsync       time.Duration // until a small write to the data is on the disk; 0: not known
	Answer      *Answer       // of what listens at our address already
	Database    Database
	Backups     Backups
	Certificate *Certificate // that this program itself shows; nil: it has none
}

// Settings are those that matter here.
type Settings struct {
	Problems    []string // mistakes
	Environment string
	Secret      string // SECRET_KEY
	Former      []string
	Exposed     []string // secrets that stand in the environment
	Hosts       []string
	HTTPS       bool
	OwnTLS      bool
	PublicURL   string
	Listen      string
	ListenHTTP  string
	Proxies     []string
	LogLevel    string
	Limit       int
	LimitSheet  int
	Redis       string    // its address
	Server      *DBServer // nil: SQLite
	SecretFiles []File    // that settings name
	Accepted    []Acceptance
}

// Serving says whether the settings are for people's use.
func (s Settings) Serving() bool { return s.Environment == "production" || s.Environment == "staging" }

// DBServer is how a database server is reached.
type DBServer struct {
	Hosts    []string // a path is a socket on this machine
	TLS      bool
	User     string
	Password string
}

// FileKind is what a file or directory is to us.
type FileKind string

// The kinds of files.
const (
	SettingsFile FileKind = "settings"
	SecretFile   FileKind = "secret"
	KeyFile      FileKind = "key" // private, of a certificate or of SSH
	DataDir      FileKind = "data"
	DatabaseFile FileKind = "database"
	BackupDir    FileKind = "backup"
)

// File is one that exists.
type File struct {
	Kind    FileKind
	Path    string
	Mode    fs.FileMode
	Secrets bool   // secrets stand in it
	Setting string // that named it
}

// Disk is where something lies.
type Disk struct {
	Use    string // "data", "backup", "replica", "offsite"
	Path   string
	Device uint64
	Memory bool // it is lost when the machine stops
	Used   float64
	Free   uint64
}

// Answer is that of a program at the address we are to listen at.
type Answer struct {
	Address string
	Header  http.Header
}

// Database is what can be seen of it without changing it.
type Database struct {
	Missing bool // it has not been made yet
	Failure string
	At      int64 // schema
	Newest  int64 // that this program knows
	Usable  bool  // this program can serve it
	Lacks   []string
	Alone   []string // organisations with fewer than two administrators who can sign in
	Demo    bool     // the demo organisation is in it
	Server  *Server
}

// Server is what a database server says of itself.
type Server struct {
	Skew   time.Duration // its clock against ours
	Mode   string        // sql_mode for who does not choose one
	Grants []string
}

// Backups are the copies of the data.
type Backups struct {
	Off       bool
	Dir       string
	Plain     bool // not encrypted
	Inside    bool // the directory is in that of the data
	Settings  bool // the settings file, with secrets in it, goes into them
	Count     int
	Newest    time.Time     // that was made
	Verified  time.Time     // made of the newest that was restored and compared
	Fresh     time.Duration // how old that may be
	OffSite   string
	Replica   bool     // there is a continuous copy, or the database is on a server
	Identity  []string // files with a secret key of age, beside what it opens
	ReplicaAt string   // a directory; "" elsewhere
}

// Certificate is what browsers are shown.
type Certificate struct {
	Failure string // why there is none
	Ends    time.Time
	Early   time.Duration // how long before its end somebody should know
	Missing []string      // hosts it does not name
	Waiting bool          // ACME will ask for one
}
