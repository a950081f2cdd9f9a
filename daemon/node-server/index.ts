export { makeNodeServer, type NodeServer, NodeServerError, type NodeServerOptions } from "./server.ts"
