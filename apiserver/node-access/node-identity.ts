/** Users that are nodes. Source: kubernetes `plugin/pkg/auth/nodeidentifier`. */
import type { UserInfo } from "../exchange.ts"

const prefix = "system:node:"

/** The name of the node that a user is; undefined for who is none. */
export const nodeNameOf = ({ name, groups }: UserInfo): string | undefined =>
  groups.includes("system:nodes") && name.length > prefix.length && name.startsWith(prefix)
    ? name.slice(prefix.length)
    : undefined
