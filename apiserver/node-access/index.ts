/** What a node may do: what concerns itself and the Sandboxes that are bound to it. Start with {@link nodeAuthorizer}. */
export { boundNode } from "./bound-node.ts"
export { type BoundNode, nodeAuthorizer } from "./node-authorizer.ts"
export { admitByNode } from "./node-restriction.ts"
