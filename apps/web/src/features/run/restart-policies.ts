/** When an engine starts a container again; apart from the form, for pages that only name them. */
export const restartPolicies = ['no', 'unless-stopped', 'always', 'on-failure'] as const;
