/** What steps cost, shared by the meter and the estimate. Source: cel-go `common/cost.go`. */
export const IDENT_COST = 1
export const SELECT_COST = 1
export const LIST_COST = 10
export const MAP_COST = 30
/** Times a text's length: reading it once. */
export const TEXT_FACTOR = 0.1
/** Times an expression's length: what it adds for each unit of text. */
export const REGEX_FACTOR = 0.25
/** One question to an authorizer: two fit into one expression. */
export const AUTHORIZATION_COST = 350_000
