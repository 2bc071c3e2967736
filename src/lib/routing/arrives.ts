/** What people should know of every null route. */
export const ARRIVES = 'though its packets still arrive';
