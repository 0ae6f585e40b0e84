/** An OS user. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
}
