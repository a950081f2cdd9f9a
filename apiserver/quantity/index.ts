export {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type QuantityFormat,
  quantityFormat,
} from "./quantity.ts"
