/** How deep JSON may nest before a walk over it refuses: far above any real object, far below the stack. */
export const JSON_DEPTH_MAX = 512
