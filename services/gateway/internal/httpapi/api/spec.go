// Package api holds what is generated from api-specs/openapi/gateway.yaml: the types
// that travel, the server's interface with its routes, and the description itself.
// Nothing in it is written by hand but this file.
package api

import _ "embed"

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi.yaml ../../../../../api-specs/openapi/gateway.yaml
//go:generate cp ../../../../../api-specs/openapi/gateway.yaml openapi.yaml

// Spec is the OpenAPI description in YAML, as GET /openapi.yaml serves it.
//
//go:embed openapi.yaml
var Spec []byte
