/** Who has rights on a folder beside the system and its administrators, by names for people. */
export interface Access {
  /** Who may change it, or what is in it. */
  readonly writers: readonly string[];
  /** Who may do anything at all with it. */
  readonly others: readonly string[];
}
