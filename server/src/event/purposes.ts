/** What a person may have agreed to (requirement C-5). */
export const PURPOSES = ['service_delivery', 'analytics', 'marketing', 'legal', 'security'] as const;
export type Purpose = (typeof PURPOSES)[number];
