import { memoryStore } from "./stores.ts"
import { wireConformance } from "./suites.ts"

wireConformance("memory", memoryStore)
