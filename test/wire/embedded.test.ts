import { embeddedStore } from "./stores.ts"
import { wireConformance } from "./suites.ts"

wireConformance("embedded", embeddedStore)
