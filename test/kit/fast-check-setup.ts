/** Property tests run from one seed, so that a red build is red for its change: `FC_SEED=N` gives another, `FC_SEED=random` chance. */
import { configureGlobal } from "fast-check"

const asked = process.env.FC_SEED ?? "20261124"
if (asked !== "random") configureGlobal({ seed: Number(asked) })
