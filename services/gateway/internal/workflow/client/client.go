// Package client is generated from api-specs/openapi/response-workflow.yaml.
package client

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi.yaml ../../../../../api-specs/openapi/response-workflow.yaml
