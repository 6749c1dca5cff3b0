// Package api holds the types and routes generated from
// api-specs/openapi/response-workflow.yaml, which is their only source.
package api

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi.yaml ../../../../../api-specs/openapi/response-workflow.yaml
