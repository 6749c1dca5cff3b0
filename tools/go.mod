module github.com/bedside-health/bedside/tools

go 1.26.0

require (
	github.com/bedside-health/bedside/libs v0.0.0
	github.com/bedside-health/bedside/services/gateway v0.0.0
	github.com/bedside-health/bedside/services/response-workflow v0.0.0
	github.com/bedside-health/bedside/services/scraper v0.0.0
	github.com/bedside-health/bedside/services/sentiment v0.0.0
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/gofrs/flock v0.13.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	github.com/schollz/progressbar/v3 v3.19.1 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.47.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/bedside-health/bedside/libs => ../libs

replace github.com/bedside-health/bedside/services/scraper => ../services/scraper

replace github.com/bedside-health/bedside/services/sentiment => ../services/sentiment

replace github.com/bedside-health/bedside/services/response-workflow => ../services/response-workflow

replace github.com/bedside-health/bedside/services/gateway => ../services/gateway
