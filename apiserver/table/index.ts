export { humanDuration } from "./human-duration.ts"
export { compileJsonPath, type JsonPath } from "./json-path.ts"
export {
  type Cell,
  type IncludeObject,
  includedObject,
  makeTable,
  partialObjectMetadata,
  type Table,
  type TableColumn,
  type TableInput,
  type TableRow,
  tableColumns,
  tableRow,
} from "./table.ts"
