package offsite

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// s3Place is what lies in a bucket under a path.
type s3Place struct {
	client *s3.Client
	bucket *string
	dir    string // "" or ends with a slash
}

func openS3(c Config, u *url.URL) Place {
	o := s3.Options{Region: u.Query().Get("region"), Credentials: credentials.NewStaticCredentialsProvider(c.ID, c.Secret, "")}
	if endpoint := u.Query().Get("endpoint"); endpoint != "" {
		o.BaseEndpoint, o.UsePathStyle = aws.String(endpoint), true
	}
	dir := strings.Trim(u.Path, "/")
	if dir != "" {
		dir += "/"
	}
	return &s3Place{client: s3.New(o), bucket: aws.String(u.Host), dir: dir}
}

func (p *s3Place) key(name string) *string { return aws.String(p.dir + name) }

// Put is whole or not at all by itself: an object appears when its last part is there.
func (p *s3Place) Put(ctx context.Context, name string, from io.Reader, _ int64) error {
	up := manager.NewUploader(p.client, func(u *manager.Uploader) { u.Concurrency = 2 })
	_, err := up.Upload(ctx, &s3.PutObjectInput{Bucket: p.bucket, Key: p.key(name), Body: from})
	return err
}

func (p *s3Place) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	out, err := p.client.GetObject(ctx, &s3.GetObjectInput{Bucket: p.bucket, Key: p.key(name)})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

func (p *s3Place) List(ctx context.Context) (list []File, err error) {
	pages := s3.NewListObjectsV2Paginator(p.client, &s3.ListObjectsV2Input{Bucket: p.bucket, Prefix: aws.String(p.dir), Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, x := range page.Contents {
			if name := strings.TrimPrefix(aws.ToString(x.Key), p.dir); name != "" {
				list = append(list, File{name, aws.ToInt64(x.Size)})
			}
		}
	}
	return list, nil
}

func (p *s3Place) Remove(ctx context.Context, name string) error {
	_, err := p.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: p.bucket, Key: p.key(name)})
	return err
}

func (p *s3Place) Close() error { return nil }
