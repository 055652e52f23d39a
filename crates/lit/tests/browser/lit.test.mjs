import "node:test"
