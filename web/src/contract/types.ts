// Written by scripts/contract.mjs from the .proto files. Do not change by hand.

/** What somebody may do in a project; each right contains those before it. */
export type Right = 'RIGHT_NONE' | 'RIGHT_VIEWER' | 'RIGHT_EDITOR' | 'RIGHT_OWNER';

/** How entities of a kind stand in a project file. */
export type Arrangement = 'ARRANGEMENT_SINGLE' | 'ARRANGEMENT_MAP' | 'ARRANGEMENT_MAP_OF_KINDS' | 'ARRANGEMENT_RESULT';

export type ServiceState = 'SERVICE_STATE_UNSPECIFIED' | 'SERVICE_STATE_RUNNING' | 'SERVICE_STATE_SILENT' | 'SERVICE_STATE_ENDED';

export type RunState = 'RUN_STATE_UNKNOWN' | 'RUN_STATE_QUEUED' | 'RUN_STATE_RUNNING' | 'RUN_STATE_SUCCEEDED' | 'RUN_STATE_FAILED' | 'RUN_STATE_CANCELLED';

export interface User {
  id: string;
  name: string;
  fullName: string;
  administrator: boolean;
  disabled: boolean;
  groups: string[];
  /** True until the user has replaced a one-time password. */
  mustChangePassword: boolean;
  createdMs: number;
  lastLoginMs: number;
}

export interface WelcomeReply {
  /** True until somebody has logged in for the first time. */
  firstStart: boolean;
  /** Bytes of the largest file that can be sent; put in by the relay. */
  uploadLimit: number;
}

export interface OwnedAloneReply {
  /** Ids, in order. */
  projects: string[];
}

export interface LoginRequest {
  name: string;
  password: string;
}

export interface LoginReply {
  /** Opaque; kept hashed by the service. A browser gets it as a cookie and never sees it. */
  token: string;
  user?: User;
  expiresMs: number;
}

export interface ChangePasswordRequest {
  oldPassword: string;
  newPassword: string;
}

export interface ListUsersReply {
  users: User[];
}

export interface CreateUserRequest {
  name: string;
  fullName: string;
  administrator: boolean;
}

export interface CreateUserReply {
  user?: User;
  /** Shown once; to be changed at the first login. */
  oneTimePassword: string;
}

export interface UpdateUserRequest {
  name: string;
  fullName?: string;
  administrator?: boolean;
  disabled?: boolean;
}

export interface UserRequest {
  name: string;
}

export interface Group {
  name: string;
  /** User names. */
  members: string[];
}

export interface GroupRequest {
  name: string;
}

export interface SetGroupMembersRequest {
  name: string;
  add: string[];
  remove: string[];
}

export interface ListGroupsReply {
  groups: Group[];
}

export interface ProjectRequest {
  /** Id of the project. */
  project: string;
}

export interface ShareRequest {
  project: string;
  user?: string;
  group?: string;
  right: Right;
}

export interface Share {
  user?: string;
  group?: string;
  right: Right;
}

export interface ListSharesReply {
  shares: Share[];
}

export interface AuditRequest {
  limit: number;
}

export interface AuditEntry {
  timeMs: number;
  user: string;
  action: string;
  subject: string;
  allowed: boolean;
}

export interface AuditReply {
  entries: AuditEntry[];
}

export interface AuthenticateRequest {
  token: string;
}

export interface RightOfRequest {
  userId: string;
  userName: string;
  project: string;
}

export interface RightReply {
  right: Right;
  /** Groups that the project is shared with; told by `RightOn` alone, to those who have a right. */
  groups: string[];
}

export interface RightsReply {
  projects: { [name: string]: Right };
  /** Groups that these projects are shared with; those that are shared with none are left out. */
  groups: { [name: string]: GroupNames };
}

export interface GroupNames {
  names: string[];
}

export interface AssertRunRequest {
  project: string;
  run: string;
}

export interface AssertionKeysReply {
  /** Raw Ed25519 public keys, the signing one first. */
  keys: string[];
}

export interface IssueCertificateRequest {
  /** PEM; only its public key is taken over. */
  requestPem: string;
  /** `compute/fit-td`, or the caller's own role. */
  role: string;
  instance: string;
  /** DNS names and IP addresses. */
  hosts: string[];
}

export interface IssueCertificateReply {
  /** Leaf first. */
  chainPem: string;
  rootsPem: string;
  notAfterS: number;
}

/** Nothing to say. */
export interface Empty {
}

/**
 * What went wrong, as every service tells it. It travels in the details of a gRPC status and, as JSON, in
 * the body of a failed HTTP answer.
 */
export interface Failure {
  /** Name from the table of errors, such as `project.not-found`. */
  code: string;
  /** One sentence that names the thing. */
  message: string;
  /** What to do about it. */
  remedy: string;
  /** True where the same call may succeed later. */
  retryable: boolean;
  /** Exit code that a process ends with for this error. */
  exitCode: number;
  /** Places that the error names, such as conflicting paths. */
  places: string[];
  /** Seconds after which trying again makes sense; 0 if unknown. */
  retryAfterS: number;
}

/** Who calls, as `authorization` vouches for it for a few minutes. Signed as `SignedAssertion`. */
export interface Assertion {
  userId: string;
  userName: string;
  groups: string[];
  /** True for those who administer the site. */
  administrator: boolean;
  /** If set, good for this project only, with `project_role`. */
  project: string;
  projectRight: Right;
  /** The run it was made for, if any. */
  run: string;
  /** Seconds since 1970. */
  issuedS: number;
  expiresS: number;
  /**
   * True until the user has replaced a one-time password: good for `WhoAmI`, `ChangePassword` and `Logout`
   * only, and for some seconds only, so that it is asked for anew after the change.
   */
  mustChangePassword: boolean;
  /** The login that it was made from: hash of its token. */
  login: string;
}

/** An `Assertion` in its encoded form and the Ed25519 signature over exactly those bytes. */
export interface SignedAssertion {
  assertion: string;
  signature: string;
  /** First 8 bytes of the BLAKE3 hash of the public key. */
  keyId: string;
}

/** Piece of a byte stream. */
export interface Chunk {
  data: string;
}

export interface RenewRequest {
  run: string;
  assertion?: SignedAssertion;
}

export interface ComputeRequest {
  run: string;
  project: string;
  branch: string;
  version: string;
  action: string;
  target: string;
  arguments: string;
  /** Hash of the inputs, to be written into the results. */
  inputs: string;
  /** Speaks for the run's user at `project`. */
  assertion?: SignedAssertion;
  /** Checkpoints to resume from, newest first; one that is damaged is passed over. */
  checkpoints: Checkpoint[];
  /** Cores that the run may use; 0 for all. */
  cores: number;
  /** Memory that the run may use; 0 if not limited. */
  memoryBytes: number;
  /**
   * The version that holds the results of required actions, where it is not `version`: somebody may have
   * changed inputs in between, and these must not be seen.
   */
  resultsVersion: string;
  /** The run's fence, for the commit of its results. */
  fence: number;
}

export interface ComputeEvent {
  progress?: Advance;
  log?: LogLine;
  checkpoint?: Checkpoint;
  point?: CurvePoint;
  /** The version with the results. */
  done?: Version;
}

export interface Advance {
  fraction: number;
  what: string;
}

export interface LogLine {
  level: string;
  text: string;
}

/** What a compute service is and offers; the user interface and the project format are drawn from it. */
export interface ServiceDescription {
  /** Such as `fit-td`. */
  name: string;
  title: string;
  description: string;
  /** Changes whenever results may change; part of every result's input hash. */
  version: string;
  kinds: KindDescription[];
  actions: ActionDescription[];
  views: ViewDescription[];
}

export interface KindDescription {
  /** Such as `modeling.cuboid`. */
  kind: string;
  /** First part of the path, and section of the project file: `geometry`. */
  section: string;
  arrangement: Arrangement;
  /** The word used for it in the project file: `cuboid`. */
  key: string;
  /** The property that a plain scalar stands for, if any. */
  shorthand: string;
  title: string;
  description: string;
  /**
   * JSON Schema (2020-12) of the properties, as text. `x-dimension` marks quantities (numbers or
   * expressions), `x-file` file names, `x-reference` names of other entities (value: their section).
   */
  schema: string;
  /** Name of an icon of the client's set. */
  icon: string;
  /** An example as YAML text of the properties. */
  example: string;
}

export interface ActionDescription {
  /** Such as `fit-td.solve`. */
  name: string;
  label: string;
  description: string;
  icon: string;
  ribbon?: Ribbon;
  /** Kinds of the entity that it is asked of; empty where it needs none. */
  targets: string[];
  /** JSON Schema of its arguments as text; empty where it takes none. */
  arguments: string;
  /** Actions whose results it needs; the platform brings them up to date first. */
  requires: string[];
  /**
   * Kinds that it reads (`modeling.` matches all that begin so, `@x-mesh-line` all whose schema has that
   * keyword). With the service's version, the target and
   * the arguments they make the hash of its inputs.
   */
  reads: string[];
  /**
   * Path of what it writes; `{target}` stands for the target's last name. The entity at this path carries
   * the input hash in its property `inputs`.
   */
  result: string;
  /** True if it can be resumed from a checkpoint. */
  resumable: boolean;
  /** What it needs, from above: the platform finds room for that before it starts. */
  demand?: Demand;
}

export interface Demand {
  /** Bytes. */
  memory?: Amount;
  /** Cores that it can make use of. */
  cores?: Amount;
}

/** `base` and the sum of the terms. */
export interface Amount {
  base: number;
  terms: Term[];
  /** Bound of the sum; 0 for none. */
  most: number;
}

/** `factor` times a number that stands in an entity; nothing where it is not there. */
export interface Term {
  /** Path of the entity; `{target}` stands for that of the target. */
  path: string;
  /** JSON pointer into its properties: `/statistics/cells`. */
  property: string;
  factor: number;
}

export interface Ribbon {
  tab: string;
  group: string;
  order: number;
}

/** How results are looked at. */
export interface ViewDescription {
  /** Kind of the entity. */
  kind: string;
  /** `scene` (3-D), `series` (1-D plot), `table`, `smith`, `field`. */
  view: string;
  label: string;
  /** Settings of the view as JSON text. */
  settings: string;
}

export interface Session {
  id: string;
  project: string;
  localSession: string;
  /** host:port of the local-session; for services only. */
  address: string;
  openedMs: number;
  lastUsedMs: number;
  /** From 1 while the site is full; 0 once it stands. */
  queuePosition: number;
  openedBy: string;
  activeRuns: number;
}

export interface SessionRequest {
  session: string;
}

export interface ListSessionsReply {
  sessions: Session[];
}

export interface LocalSessionInfo {
  instance: string;
  address: string;
  /** Services that it can host. */
  services: string[];
  slots: number;
  usedSlots: number;
  queued: number;
  cores: number;
  memoryBytes: number;
  /** Busy fraction of the cores over the last seconds, 0 to 1. */
  load: number;
  os: string;
  arch: string;
  version: string;
  /** Ids of the sessions that live here, with their active runs. */
  sessions: { [name: string]: number };
  lastSeenMs: number;
  draining: boolean;
  /** Ids of sessions that are in use or were since the last heartbeat. */
  usedSessions: string[];
  /** Services that it was to offer and cannot, with the reason. */
  troubles: { [name: string]: string };
}

export interface HeartbeatReply {
  /** Sessions that shall live here; others that the local-session knows have ended. */
  sessions: Session[];
  /** When to call again. */
  intervalMs: number;
}

export interface Site {
  name: string;
  version: string;
  localSessions: LocalSessionInfo[];
  sessions: number;
}

export interface EndSessionRequest {
  session: string;
  /** Refused where it was just used or something runs in it; else its runs are cancelled. */
  ifIdle: boolean;
}

export interface ActRequest {
  project: string;
  /** `main` if empty. */
  branch: string;
  /** The head of the branch if empty. */
  version: string;
  action: string;
  /** Path of an entity. */
  target: string;
  /** A JSON object as text. */
  arguments: string;
  /** A name that the caller chooses; asking again with the same one gives the same run. */
  requestId: string;
}

export interface InputsRequest {
  project: string;
  /** The head of `main` if empty. */
  version: string;
}

export interface InputsReply {
  /** The version that was read; empty while the project has none. */
  version: string;
  /** Of every action without targets, and of every action with each of its targets. */
  results: ResultInputs[];
}

export interface ResultInputs {
  /** Path of the result. */
  result: string;
  action: string;
  target: string;
  /** What the result's property `inputs` is where it is up to date. An action that takes arguments is taken without. */
  inputs: string;
}

export interface RunUpdate {
  run?: Run;
  /** A log line of the run, if this update is one. */
  log: string;
  /** One of ERROR, WARN, INFO, DEBUG. */
  level: string;
  /** A point of a convergence curve, if this update is one. */
  point?: CurvePoint;
}

export interface CurvePoint {
  curve: string;
  x: number;
  y: number;
  /** What `x` is, and the units of both; SI or `dB`. */
  xName: string;
  xUnit: string;
  unit: string;
}

export interface Instance {
  id: string;
  service: string;
  /** pending, running, succeeded, failed, unknown. */
  state: string;
  /** Process id or name of the pod. */
  handle: string;
  address: string;
  startedMs: number;
  restarts: number;
  lastWords: string;
  exitCode: number;
}

export interface InstancesReply {
  instances: Instance[];
}

export interface LogRecord {
  number: number;
  timeMs: number;
  /** ERROR, WARN, INFO, DEBUG, TRACE. */
  level: string;
  service: string;
  instance: string;
  message: string;
  project: string;
  session: string;
  run: string;
  /** Other fields, as a JSON object. */
  fields: string;
  target: string;
}

export interface AppendRequest {
  records: LogRecord[];
  /** Records that the sender had to drop since the last call. */
  dropped: number;
  /** How the sender is; also told every few seconds without records. */
  status?: ServiceStatus;
}

/** What a service says of itself. */
export interface ServiceStatus {
  /** Name of its host, or of its pod. */
  host: string;
  /** host:port that its peers reach it at. */
  address: string;
  version: string;
  process: number;
  startedMs: number;
  /** Cores that it kept busy over the last seconds. */
  cores: number;
  /** Memory that it takes; 0 where its system does not tell. */
  memoryBytes: number;
  /** It is about to end. */
  ending: boolean;
}

/** A service as the logger knows it; its name is that in its certificate. */
export interface ServiceInfo {
  /** `relay`, `compute/fit-td`. */
  service: string;
  instance: string;
  state: ServiceState;
  status?: ServiceStatus;
  seenMs: number;
}

export interface ServicesReply {
  /** By name and instance. */
  services: ServiceInfo[];
}

export interface LogQuery {
  /** This level and worse; INFO if empty. */
  level: string;
  service: string;
  project: string;
  run: string;
  text: string;
  sinceMs: number;
  limit: number;
  /** Records after this number only. */
  after: number;
}

export interface LogReply {
  records: LogRecord[];
  dropped: number;
  /** Number of the newest record of all when it was looked: to go on after. */
  latest: number;
}

export interface ProjectInfo {
  id: string;
  name: string;
  description: string;
  tags: string[];
  owner: string;
  /** The caller's right. */
  right: Right;
  createdMs: number;
  changedMs: number;
  /** Hash of the head of `main`; empty before the first version. */
  head: string;
  deletedMs: number;
  entities: number;
  /** Hash of a blob with a small picture of the project; empty where it has none. */
  picture: string;
  /** All its blobs together: files, results and the picture, of all its versions. May lag behind by a minute. */
  bytes: number;
  /** Groups that it is shared with, by name. Empty in events. */
  groups: string[];
}

export interface ListProjectsRequest {
  /** Also those in the trash. */
  deleted: boolean;
}

export interface ListProjectsReply {
  projects: ProjectInfo[];
}

export interface CreateProjectRequest {
  name: string;
  description: string;
  tags: string[];
}

export interface UpdateProjectRequest {
  project: string;
  name?: string;
  description?: string;
  addTags: string[];
  removeTags: string[];
  /**
   * Hash of a blob of the project: PNG, JPEG or WebP of 256 KiB at most. Empty takes the picture away. A new picture
   * is no change of the project: `changed_ms` stays.
   */
  picture?: string;
}

export interface CopyProjectRequest {
  project: string;
  name: string;
}

export interface Entity {
  /** Empty for a new one. */
  id: string;
  /** Such as `modeling.cuboid`. */
  kind: string;
  /** Unique in its version, such as `geometry/block`. */
  path: string;
  /** A JSON object as text, checked against the kind's schema. */
  properties: string;
  /** Ids of other entities. */
  references: string[];
  /** Name (usually a format, such as `stl`) to BLAKE3 hash. */
  blobs: { [name: string]: string };
}

export interface CommitRequest {
  project: string;
  /** `main` if empty. */
  branch: string;
  /** The version that the changes were made on; the head if empty, 64 zeros for none: made before there was a version. */
  base: string;
  message: string;
  /** New or replaced entities. One without an id takes that of the entity at its path, if there is one. */
  put: Entity[];
  /** Paths of entities to delete; `prefix/**` deletes all below a path. */
  delete: string[];
  /** Of the run on whose behalf it is made: a commit of a former owner is refused. For compute services. */
  fence: number;
}

export interface Version {
  id: string;
  parents: string[];
  author: string;
  timeMs: number;
  message: string;
  /** Branches and tags that point here. */
  refs: string[];
  /** False where the call changed nothing and this is the head as it was. */
  created: boolean;
  /** The run that made it; empty for what people did. */
  run: string;
}

export interface EntitiesRequest {
  project: string;
  version: string;
  /** All that match any of them; all if both are empty. `modeling.` matches every kind that begins so. */
  kinds: string[];
  /** A path, or `prefix/**`. */
  paths: string[];
}

export interface EntitiesReply {
  /** The version that was read. */
  version: string;
  entities: Entity[];
}

export interface EvaluateRequest {
  project: string;
  version: string;
  /** 1,000 at most. */
  expressions: Expression[];
  /** Laid over the parameters of the version, name to expression: what is not stored yet. Empty takes one away. */
  parameters: { [name: string]: string };
  /** Entities whose properties are wanted in SI: a path, or `prefix/**`; 10,000 entities at most. */
  paths: string[];
}

export interface Expression {
  text: string;
  /** What it should be, such as `length`: a bare number then takes the version's default unit. Anything if empty. */
  dimension: string;
}

export interface EvaluateReply {
  /** The version that was read. */
  version: string;
  /** One for each expression, in their order. */
  values: Evaluated[];
  /** By name, those of the version and those laid over them. */
  parameters: { [name: string]: Evaluated };
  /** Those whose quantities all have a value, properties in SI. */
  entities: Entity[];
}

export interface Evaluated {
  /** In SI; of no meaning where there is a fault. */
  value: number;
  /** In the unit that reads best, such as `22.86 mm`. */
  text: string;
  /** What is wrong with the expression; empty where it has a value. */
  fault: string;
}

export interface VersionsRequest {
  project: string;
  /** Where to begin; empty for all branches. */
  from: string;
  limit: number;
}

export interface VersionsReply {
  versions: Version[];
}

export interface DiffRequest {
  project: string;
  from: string;
  to: string;
}

export interface DiffReply {
  changes: Change[];
}

export interface Change {
  /** Absent for an added one. */
  before?: Entity;
  /** Absent for a removed one. */
  after?: Entity;
}

export interface Ref {
  name: string;
  version: string;
}

export interface BranchesReply {
  branches: Ref[];
  tags: Ref[];
}

export interface RefRequest {
  project: string;
  name: string;
  /** Where it shall point. */
  version: string;
}

export interface MergeRequest {
  project: string;
  into: string;
  from: string;
  /** How to settle conflicts by path: true takes `from`'s side, false keeps `into`'s. */
  takeTheirs: { [name: string]: boolean };
}

export interface RevertRequest {
  project: string;
  branch: string;
  version: string;
}

export interface BranchRequest {
  project: string;
  branch: string;
}

export interface UndoableReply {
  /** The change that would be taken back; absent where there is none. */
  undo?: Version;
  /** The change that would be brought back; absent where there is none. */
  redo?: Version;
}

export interface PruneRequest {
  project: string;
  /** Versions kept from each branch head backwards, besides all tags. */
  keep: number;
}

export interface PruneReply {
  /** Lines of versions that no branch or tag held any more. Older versions of those that are held lose their content only. */
  versions: number;
  objects: number;
  blobs: number;
  bytes: number;
  /** What was written within so many seconds stays, whoever needs it: a change under way may. */
  graceS: number;
}

export interface WatchRequest {
  project: string;
  /** Number of the last event seen; 0 for live ones only, from now on. */
  after: number;
}

export interface Event {
  /** 0 for what is not stored (presence). */
  number: number;
  version?: VersionAppended;
  run?: Run;
  presence?: Presence;
  project?: ProjectInfo;
  /** Sent at once when the watch stands, with the newest number. */
  standing?: number;
  /**
   * What followed the number that was asked for is kept no longer, or never was (the store was restored from a
   * backup): read everything anew, and go on after this number.
   */
  startOver?: number;
}

export interface VersionAppended {
  branch: string;
  version?: Version;
  /** Paths that differ from the first parent; empty with `many` set where there are more than 1,000. */
  paths: string[];
  many: boolean;
}

export interface Presence {
  user: string;
  client: string;
  selection: string[];
  gone: boolean;
  /** The branch that is looked at; what is selected there means nothing on others. */
  branch: string;
}

export interface AnnounceRequest {
  project: string;
  client: string;
  selection: string[];
  gone: boolean;
  branch: string;
}

export interface PutBlobRequest {
  /** In the first message only. */
  project: string;
  data: string;
  /**
   * If set, in the first message only: a checkpoint of this run. It lies apart from the content of the project, and goes
   * when the run does not name it any more. The caller's assertion has to be of the run.
   */
  run: string;
}

export interface BlobInfo {
  hash: string;
  size: number;
}

export interface GetBlobRequest {
  project: string;
  hash: string;
  offset: number;
  /** 0 for all the rest. */
  length: number;
  /** If set, the checkpoint of this run with that hash. */
  run: string;
}

export interface Run {
  id: string;
  project: string;
  /** Counts up with each change of the record. */
  revision: number;
  /** Path of the entity that it was asked of, such as `solvers/transient`. */
  target: string;
  action: string;
  /** A JSON object as text. */
  arguments: string;
  branch: string;
  /** The version that it computes. */
  version: string;
  user: string;
  session: string;
  localSession: string;
  state: RunState;
  /** From 1; 0 when not queued. */
  queuePosition: number;
  /** 0 to 1, over all its steps. */
  progress: number;
  step: string;
  /** Negative if unknown. */
  etaS: number;
  createdMs: number;
  startedMs: number;
  endedMs: number;
  failure?: Failure;
  /** The version that holds its results. */
  resultVersion: string;
  /** True where every step was answered from the store. */
  cached: boolean;
  /** Newest first. */
  checkpoints: Checkpoint[];
  restarts: number;
  /** Grows with each new owner of the run; an owner with a smaller one is refused. */
  fence: number;
  /** Speaks for the user; told to local-sessions only, so that any of them can go on with the run. */
  assertion?: SignedAssertion;
  /** Services that computed or will compute it, in order. */
  steps: string[];
  /** What the services found worth a look, such as results that have not converged; 20 at most. */
  warnings: string[];
  /** What it drew while it computed, thinned. Not in lists of runs. */
  curves: RunCurve[];
  /** True once its end was asked for: whoever owns it ends it, also after a restart. */
  cancelling: boolean;
}

/** A curve that a run drew while it computed, such as its energy. */
export interface RunCurve {
  name: string;
  unit: string;
  xName: string;
  xUnit: string;
  x: number[];
  y: number[];
}

export interface Checkpoint {
  blob: string;
  /** Which step of the plan it belongs to. */
  action: string;
  note: string;
  timeMs: number;
}

export interface ListRunsRequest {
  /** Empty for all projects that the caller may see. */
  project: string;
  /** Only those not yet ended. */
  active: boolean;
  limit: number;
  /** Only those of this session, if given. */
  session: string;
}

export interface ListRunsReply {
  runs: Run[];
}

export interface RunRequestById {
  run: string;
}

export interface DescribeReply {
  services: ServiceDescription[];
}

export interface RecordRequest {
  collection: string;
  /** A prefix where records are listed. */
  key: string;
  /** Deletes only if this is the stored one; 0 deletes whatever is there. */
  revision: number;
}

export interface Record {
  collection: string;
  key: string;
  /** 0 to create; else the revision that is replaced. */
  revision: number;
  value: string;
}

export interface ListRecordsReply {
  records: Record[];
}

export interface Messages {
  User: User;
  WelcomeReply: WelcomeReply;
  OwnedAloneReply: OwnedAloneReply;
  LoginRequest: LoginRequest;
  LoginReply: LoginReply;
  ChangePasswordRequest: ChangePasswordRequest;
  ListUsersReply: ListUsersReply;
  CreateUserRequest: CreateUserRequest;
  CreateUserReply: CreateUserReply;
  UpdateUserRequest: UpdateUserRequest;
  UserRequest: UserRequest;
  Group: Group;
  GroupRequest: GroupRequest;
  SetGroupMembersRequest: SetGroupMembersRequest;
  ListGroupsReply: ListGroupsReply;
  ProjectRequest: ProjectRequest;
  ShareRequest: ShareRequest;
  Share: Share;
  ListSharesReply: ListSharesReply;
  AuditRequest: AuditRequest;
  AuditEntry: AuditEntry;
  AuditReply: AuditReply;
  AuthenticateRequest: AuthenticateRequest;
  RightOfRequest: RightOfRequest;
  RightReply: RightReply;
  RightsReply: RightsReply;
  GroupNames: GroupNames;
  AssertRunRequest: AssertRunRequest;
  AssertionKeysReply: AssertionKeysReply;
  IssueCertificateRequest: IssueCertificateRequest;
  IssueCertificateReply: IssueCertificateReply;
  Empty: Empty;
  Failure: Failure;
  Assertion: Assertion;
  SignedAssertion: SignedAssertion;
  Chunk: Chunk;
  RenewRequest: RenewRequest;
  ComputeRequest: ComputeRequest;
  ComputeEvent: ComputeEvent;
  Advance: Advance;
  LogLine: LogLine;
  ServiceDescription: ServiceDescription;
  KindDescription: KindDescription;
  ActionDescription: ActionDescription;
  Demand: Demand;
  Amount: Amount;
  Term: Term;
  Ribbon: Ribbon;
  ViewDescription: ViewDescription;
  Session: Session;
  SessionRequest: SessionRequest;
  ListSessionsReply: ListSessionsReply;
  LocalSessionInfo: LocalSessionInfo;
  HeartbeatReply: HeartbeatReply;
  Site: Site;
  EndSessionRequest: EndSessionRequest;
  ActRequest: ActRequest;
  InputsRequest: InputsRequest;
  InputsReply: InputsReply;
  ResultInputs: ResultInputs;
  RunUpdate: RunUpdate;
  CurvePoint: CurvePoint;
  Instance: Instance;
  InstancesReply: InstancesReply;
  LogRecord: LogRecord;
  AppendRequest: AppendRequest;
  ServiceStatus: ServiceStatus;
  ServiceInfo: ServiceInfo;
  ServicesReply: ServicesReply;
  LogQuery: LogQuery;
  LogReply: LogReply;
  ProjectInfo: ProjectInfo;
  ListProjectsRequest: ListProjectsRequest;
  ListProjectsReply: ListProjectsReply;
  CreateProjectRequest: CreateProjectRequest;
  UpdateProjectRequest: UpdateProjectRequest;
  CopyProjectRequest: CopyProjectRequest;
  Entity: Entity;
  CommitRequest: CommitRequest;
  Version: Version;
  EntitiesRequest: EntitiesRequest;
  EntitiesReply: EntitiesReply;
  EvaluateRequest: EvaluateRequest;
  Expression: Expression;
  EvaluateReply: EvaluateReply;
  Evaluated: Evaluated;
  VersionsRequest: VersionsRequest;
  VersionsReply: VersionsReply;
  DiffRequest: DiffRequest;
  DiffReply: DiffReply;
  Change: Change;
  Ref: Ref;
  BranchesReply: BranchesReply;
  RefRequest: RefRequest;
  MergeRequest: MergeRequest;
  RevertRequest: RevertRequest;
  BranchRequest: BranchRequest;
  UndoableReply: UndoableReply;
  PruneRequest: PruneRequest;
  PruneReply: PruneReply;
  WatchRequest: WatchRequest;
  Event: Event;
  VersionAppended: VersionAppended;
  Presence: Presence;
  AnnounceRequest: AnnounceRequest;
  PutBlobRequest: PutBlobRequest;
  BlobInfo: BlobInfo;
  GetBlobRequest: GetBlobRequest;
  Run: Run;
  RunCurve: RunCurve;
  Checkpoint: Checkpoint;
  ListRunsRequest: ListRunsRequest;
  ListRunsReply: ListRunsReply;
  RunRequestById: RunRequestById;
  DescribeReply: DescribeReply;
  RecordRequest: RecordRequest;
  Record: Record;
  ListRecordsReply: ListRecordsReply;
}

/** Name, kind and shape of every field, by message. */
export const FIELDS: { [M in keyof Messages]: readonly (readonly [string, string, string])[] } = {
  User: [['id', 'string', 'one'], ['name', 'string', 'one'], ['fullName', 'string', 'one'], ['administrator', 'boolean', 'one'], ['disabled', 'boolean', 'one'], ['groups', 'string', 'list'], ['mustChangePassword', 'boolean', 'one'], ['createdMs', 'long', 'one'], ['lastLoginMs', 'long', 'one']],
  WelcomeReply: [['firstStart', 'boolean', 'one'], ['uploadLimit', 'long', 'one']],
  OwnedAloneReply: [['projects', 'string', 'list']],
  LoginRequest: [['name', 'string', 'one'], ['password', 'string', 'one']],
  LoginReply: [['token', 'string', 'one'], ['user', 'User', 'optional'], ['expiresMs', 'long', 'one']],
  ChangePasswordRequest: [['oldPassword', 'string', 'one'], ['newPassword', 'string', 'one']],
  ListUsersReply: [['users', 'User', 'list']],
  CreateUserRequest: [['name', 'string', 'one'], ['fullName', 'string', 'one'], ['administrator', 'boolean', 'one']],
  CreateUserReply: [['user', 'User', 'optional'], ['oneTimePassword', 'string', 'one']],
  UpdateUserRequest: [['name', 'string', 'one'], ['fullName', 'string', 'optional'], ['administrator', 'boolean', 'optional'], ['disabled', 'boolean', 'optional']],
  UserRequest: [['name', 'string', 'one']],
  Group: [['name', 'string', 'one'], ['members', 'string', 'list']],
  GroupRequest: [['name', 'string', 'one']],
  SetGroupMembersRequest: [['name', 'string', 'one'], ['add', 'string', 'list'], ['remove', 'string', 'list']],
  ListGroupsReply: [['groups', 'Group', 'list']],
  ProjectRequest: [['project', 'string', 'one']],
  ShareRequest: [['project', 'string', 'one'], ['user', 'string', 'optional'], ['group', 'string', 'optional'], ['right', 'enum:Right', 'one']],
  Share: [['user', 'string', 'optional'], ['group', 'string', 'optional'], ['right', 'enum:Right', 'one']],
  ListSharesReply: [['shares', 'Share', 'list']],
  AuditRequest: [['limit', 'number', 'one']],
  AuditEntry: [['timeMs', 'long', 'one'], ['user', 'string', 'one'], ['action', 'string', 'one'], ['subject', 'string', 'one'], ['allowed', 'boolean', 'one']],
  AuditReply: [['entries', 'AuditEntry', 'list']],
  AuthenticateRequest: [['token', 'string', 'one']],
  RightOfRequest: [['userId', 'string', 'one'], ['userName', 'string', 'one'], ['project', 'string', 'one']],
  RightReply: [['right', 'enum:Right', 'one'], ['groups', 'string', 'list']],
  RightsReply: [['projects', 'enum:Right', 'map'], ['groups', 'GroupNames', 'map']],
  GroupNames: [['names', 'string', 'list']],
  AssertRunRequest: [['project', 'string', 'one'], ['run', 'string', 'one']],
  AssertionKeysReply: [['keys', 'bytes', 'list']],
  IssueCertificateRequest: [['requestPem', 'string', 'one'], ['role', 'string', 'one'], ['instance', 'string', 'one'], ['hosts', 'string', 'list']],
  IssueCertificateReply: [['chainPem', 'string', 'one'], ['rootsPem', 'string', 'one'], ['notAfterS', 'long', 'one']],
  Empty: [],
  Failure: [['code', 'string', 'one'], ['message', 'string', 'one'], ['remedy', 'string', 'one'], ['retryable', 'boolean', 'one'], ['exitCode', 'number', 'one'], ['places', 'string', 'list'], ['retryAfterS', 'number', 'one']],
  Assertion: [['userId', 'string', 'one'], ['userName', 'string', 'one'], ['groups', 'string', 'list'], ['administrator', 'boolean', 'one'], ['project', 'string', 'one'], ['projectRight', 'enum:Right', 'one'], ['run', 'string', 'one'], ['issuedS', 'long', 'one'], ['expiresS', 'long', 'one'], ['mustChangePassword', 'boolean', 'one'], ['login', 'string', 'one']],
  SignedAssertion: [['assertion', 'bytes', 'one'], ['signature', 'bytes', 'one'], ['keyId', 'bytes', 'one']],
  Chunk: [['data', 'bytes', 'one']],
  RenewRequest: [['run', 'string', 'one'], ['assertion', 'SignedAssertion', 'optional']],
  ComputeRequest: [['run', 'string', 'one'], ['project', 'string', 'one'], ['branch', 'string', 'one'], ['version', 'string', 'one'], ['action', 'string', 'one'], ['target', 'string', 'one'], ['arguments', 'string', 'one'], ['inputs', 'string', 'one'], ['assertion', 'SignedAssertion', 'optional'], ['checkpoints', 'Checkpoint', 'list'], ['cores', 'number', 'one'], ['memoryBytes', 'long', 'one'], ['resultsVersion', 'string', 'one'], ['fence', 'long', 'one']],
  ComputeEvent: [['progress', 'Advance', 'optional'], ['log', 'LogLine', 'optional'], ['checkpoint', 'Checkpoint', 'optional'], ['point', 'CurvePoint', 'optional'], ['done', 'Version', 'optional']],
  Advance: [['fraction', 'number', 'one'], ['what', 'string', 'one']],
  LogLine: [['level', 'string', 'one'], ['text', 'string', 'one']],
  ServiceDescription: [['name', 'string', 'one'], ['title', 'string', 'one'], ['description', 'string', 'one'], ['version', 'string', 'one'], ['kinds', 'KindDescription', 'list'], ['actions', 'ActionDescription', 'list'], ['views', 'ViewDescription', 'list']],
  KindDescription: [['kind', 'string', 'one'], ['section', 'string', 'one'], ['arrangement', 'enum:Arrangement', 'one'], ['key', 'string', 'one'], ['shorthand', 'string', 'one'], ['title', 'string', 'one'], ['description', 'string', 'one'], ['schema', 'string', 'one'], ['icon', 'string', 'one'], ['example', 'string', 'one']],
  ActionDescription: [['name', 'string', 'one'], ['label', 'string', 'one'], ['description', 'string', 'one'], ['icon', 'string', 'one'], ['ribbon', 'Ribbon', 'optional'], ['targets', 'string', 'list'], ['arguments', 'string', 'one'], ['requires', 'string', 'list'], ['reads', 'string', 'list'], ['result', 'string', 'one'], ['resumable', 'boolean', 'one'], ['demand', 'Demand', 'optional']],
  Demand: [['memory', 'Amount', 'optional'], ['cores', 'Amount', 'optional']],
  Amount: [['base', 'number', 'one'], ['terms', 'Term', 'list'], ['most', 'number', 'one']],
  Term: [['path', 'string', 'one'], ['property', 'string', 'one'], ['factor', 'number', 'one']],
  Ribbon: [['tab', 'string', 'one'], ['group', 'string', 'one'], ['order', 'number', 'one']],
  ViewDescription: [['kind', 'string', 'one'], ['view', 'string', 'one'], ['label', 'string', 'one'], ['settings', 'string', 'one']],
  Session: [['id', 'string', 'one'], ['project', 'string', 'one'], ['localSession', 'string', 'one'], ['address', 'string', 'one'], ['openedMs', 'long', 'one'], ['lastUsedMs', 'long', 'one'], ['queuePosition', 'number', 'one'], ['openedBy', 'string', 'one'], ['activeRuns', 'number', 'one']],
  SessionRequest: [['session', 'string', 'one']],
  ListSessionsReply: [['sessions', 'Session', 'list']],
  LocalSessionInfo: [['instance', 'string', 'one'], ['address', 'string', 'one'], ['services', 'string', 'list'], ['slots', 'number', 'one'], ['usedSlots', 'number', 'one'], ['queued', 'number', 'one'], ['cores', 'number', 'one'], ['memoryBytes', 'long', 'one'], ['load', 'number', 'one'], ['os', 'string', 'one'], ['arch', 'string', 'one'], ['version', 'string', 'one'], ['sessions', 'number', 'map'], ['lastSeenMs', 'long', 'one'], ['draining', 'boolean', 'one'], ['usedSessions', 'string', 'list'], ['troubles', 'string', 'map']],
  HeartbeatReply: [['sessions', 'Session', 'list'], ['intervalMs', 'number', 'one']],
  Site: [['name', 'string', 'one'], ['version', 'string', 'one'], ['localSessions', 'LocalSessionInfo', 'list'], ['sessions', 'number', 'one']],
  EndSessionRequest: [['session', 'string', 'one'], ['ifIdle', 'boolean', 'one']],
  ActRequest: [['project', 'string', 'one'], ['branch', 'string', 'one'], ['version', 'string', 'one'], ['action', 'string', 'one'], ['target', 'string', 'one'], ['arguments', 'string', 'one'], ['requestId', 'string', 'one']],
  InputsRequest: [['project', 'string', 'one'], ['version', 'string', 'one']],
  InputsReply: [['version', 'string', 'one'], ['results', 'ResultInputs', 'list']],
  ResultInputs: [['result', 'string', 'one'], ['action', 'string', 'one'], ['target', 'string', 'one'], ['inputs', 'string', 'one']],
  RunUpdate: [['run', 'Run', 'optional'], ['log', 'string', 'one'], ['level', 'string', 'one'], ['point', 'CurvePoint', 'optional']],
  CurvePoint: [['curve', 'string', 'one'], ['x', 'number', 'one'], ['y', 'number', 'one'], ['xName', 'string', 'one'], ['xUnit', 'string', 'one'], ['unit', 'string', 'one']],
  Instance: [['id', 'string', 'one'], ['service', 'string', 'one'], ['state', 'string', 'one'], ['handle', 'string', 'one'], ['address', 'string', 'one'], ['startedMs', 'long', 'one'], ['restarts', 'number', 'one'], ['lastWords', 'string', 'one'], ['exitCode', 'number', 'one']],
  InstancesReply: [['instances', 'Instance', 'list']],
  LogRecord: [['number', 'long', 'one'], ['timeMs', 'long', 'one'], ['level', 'string', 'one'], ['service', 'string', 'one'], ['instance', 'string', 'one'], ['message', 'string', 'one'], ['project', 'string', 'one'], ['session', 'string', 'one'], ['run', 'string', 'one'], ['fields', 'string', 'one'], ['target', 'string', 'one']],
  AppendRequest: [['records', 'LogRecord', 'list'], ['dropped', 'long', 'one'], ['status', 'ServiceStatus', 'optional']],
  ServiceStatus: [['host', 'string', 'one'], ['address', 'string', 'one'], ['version', 'string', 'one'], ['process', 'number', 'one'], ['startedMs', 'long', 'one'], ['cores', 'number', 'one'], ['memoryBytes', 'long', 'one'], ['ending', 'boolean', 'one']],
  ServiceInfo: [['service', 'string', 'one'], ['instance', 'string', 'one'], ['state', 'enum:ServiceState', 'one'], ['status', 'ServiceStatus', 'optional'], ['seenMs', 'long', 'one']],
  ServicesReply: [['services', 'ServiceInfo', 'list']],
  LogQuery: [['level', 'string', 'one'], ['service', 'string', 'one'], ['project', 'string', 'one'], ['run', 'string', 'one'], ['text', 'string', 'one'], ['sinceMs', 'long', 'one'], ['limit', 'number', 'one'], ['after', 'long', 'one']],
  LogReply: [['records', 'LogRecord', 'list'], ['dropped', 'long', 'one'], ['latest', 'long', 'one']],
  ProjectInfo: [['id', 'string', 'one'], ['name', 'string', 'one'], ['description', 'string', 'one'], ['tags', 'string', 'list'], ['owner', 'string', 'one'], ['right', 'enum:Right', 'one'], ['createdMs', 'long', 'one'], ['changedMs', 'long', 'one'], ['head', 'string', 'one'], ['deletedMs', 'long', 'one'], ['entities', 'long', 'one'], ['picture', 'string', 'one'], ['bytes', 'long', 'one'], ['groups', 'string', 'list']],
  ListProjectsRequest: [['deleted', 'boolean', 'one']],
  ListProjectsReply: [['projects', 'ProjectInfo', 'list']],
  CreateProjectRequest: [['name', 'string', 'one'], ['description', 'string', 'one'], ['tags', 'string', 'list']],
  UpdateProjectRequest: [['project', 'string', 'one'], ['name', 'string', 'optional'], ['description', 'string', 'optional'], ['addTags', 'string', 'list'], ['removeTags', 'string', 'list'], ['picture', 'string', 'optional']],
  CopyProjectRequest: [['project', 'string', 'one'], ['name', 'string', 'one']],
  Entity: [['id', 'string', 'one'], ['kind', 'string', 'one'], ['path', 'string', 'one'], ['properties', 'string', 'one'], ['references', 'string', 'list'], ['blobs', 'string', 'map']],
  CommitRequest: [['project', 'string', 'one'], ['branch', 'string', 'one'], ['base', 'string', 'one'], ['message', 'string', 'one'], ['put', 'Entity', 'list'], ['delete', 'string', 'list'], ['fence', 'long', 'one']],
  Version: [['id', 'string', 'one'], ['parents', 'string', 'list'], ['author', 'string', 'one'], ['timeMs', 'long', 'one'], ['message', 'string', 'one'], ['refs', 'string', 'list'], ['created', 'boolean', 'one'], ['run', 'string', 'one']],
  EntitiesRequest: [['project', 'string', 'one'], ['version', 'string', 'one'], ['kinds', 'string', 'list'], ['paths', 'string', 'list']],
  EntitiesReply: [['version', 'string', 'one'], ['entities', 'Entity', 'list']],
  EvaluateRequest: [['project', 'string', 'one'], ['version', 'string', 'one'], ['expressions', 'Expression', 'list'], ['parameters', 'string', 'map'], ['paths', 'string', 'list']],
  Expression: [['text', 'string', 'one'], ['dimension', 'string', 'one']],
  EvaluateReply: [['version', 'string', 'one'], ['values', 'Evaluated', 'list'], ['parameters', 'Evaluated', 'map'], ['entities', 'Entity', 'list']],
  Evaluated: [['value', 'number', 'one'], ['text', 'string', 'one'], ['fault', 'string', 'one']],
  VersionsRequest: [['project', 'string', 'one'], ['from', 'string', 'one'], ['limit', 'number', 'one']],
  VersionsReply: [['versions', 'Version', 'list']],
  DiffRequest: [['project', 'string', 'one'], ['from', 'string', 'one'], ['to', 'string', 'one']],
  DiffReply: [['changes', 'Change', 'list']],
  Change: [['before', 'Entity', 'optional'], ['after', 'Entity', 'optional']],
  Ref: [['name', 'string', 'one'], ['version', 'string', 'one']],
  BranchesReply: [['branches', 'Ref', 'list'], ['tags', 'Ref', 'list']],
  RefRequest: [['project', 'string', 'one'], ['name', 'string', 'one'], ['version', 'string', 'one']],
  MergeRequest: [['project', 'string', 'one'], ['into', 'string', 'one'], ['from', 'string', 'one'], ['takeTheirs', 'boolean', 'map']],
  RevertRequest: [['project', 'string', 'one'], ['branch', 'string', 'one'], ['version', 'string', 'one']],
  BranchRequest: [['project', 'string', 'one'], ['branch', 'string', 'one']],
  UndoableReply: [['undo', 'Version', 'optional'], ['redo', 'Version', 'optional']],
  PruneRequest: [['project', 'string', 'one'], ['keep', 'number', 'one']],
  PruneReply: [['versions', 'long', 'one'], ['objects', 'long', 'one'], ['blobs', 'long', 'one'], ['bytes', 'long', 'one'], ['graceS', 'number', 'one']],
  WatchRequest: [['project', 'string', 'one'], ['after', 'long', 'one']],
  Event: [['number', 'long', 'one'], ['version', 'VersionAppended', 'optional'], ['run', 'Run', 'optional'], ['presence', 'Presence', 'optional'], ['project', 'ProjectInfo', 'optional'], ['standing', 'long', 'optional'], ['startOver', 'long', 'optional']],
  VersionAppended: [['branch', 'string', 'one'], ['version', 'Version', 'optional'], ['paths', 'string', 'list'], ['many', 'boolean', 'one']],
  Presence: [['user', 'string', 'one'], ['client', 'string', 'one'], ['selection', 'string', 'list'], ['gone', 'boolean', 'one'], ['branch', 'string', 'one']],
  AnnounceRequest: [['project', 'string', 'one'], ['client', 'string', 'one'], ['selection', 'string', 'list'], ['gone', 'boolean', 'one'], ['branch', 'string', 'one']],
  PutBlobRequest: [['project', 'string', 'one'], ['data', 'bytes', 'one'], ['run', 'string', 'one']],
  BlobInfo: [['hash', 'string', 'one'], ['size', 'long', 'one']],
  GetBlobRequest: [['project', 'string', 'one'], ['hash', 'string', 'one'], ['offset', 'long', 'one'], ['length', 'long', 'one'], ['run', 'string', 'one']],
  Run: [['id', 'string', 'one'], ['project', 'string', 'one'], ['revision', 'long', 'one'], ['target', 'string', 'one'], ['action', 'string', 'one'], ['arguments', 'string', 'one'], ['branch', 'string', 'one'], ['version', 'string', 'one'], ['user', 'string', 'one'], ['session', 'string', 'one'], ['localSession', 'string', 'one'], ['state', 'enum:RunState', 'one'], ['queuePosition', 'number', 'one'], ['progress', 'number', 'one'], ['step', 'string', 'one'], ['etaS', 'number', 'one'], ['createdMs', 'long', 'one'], ['startedMs', 'long', 'one'], ['endedMs', 'long', 'one'], ['failure', 'Failure', 'optional'], ['resultVersion', 'string', 'one'], ['cached', 'boolean', 'one'], ['checkpoints', 'Checkpoint', 'list'], ['restarts', 'number', 'one'], ['fence', 'long', 'one'], ['assertion', 'SignedAssertion', 'optional'], ['steps', 'string', 'list'], ['warnings', 'string', 'list'], ['curves', 'RunCurve', 'list'], ['cancelling', 'boolean', 'one']],
  RunCurve: [['name', 'string', 'one'], ['unit', 'string', 'one'], ['xName', 'string', 'one'], ['xUnit', 'string', 'one'], ['x', 'number', 'list'], ['y', 'number', 'list']],
  Checkpoint: [['blob', 'string', 'one'], ['action', 'string', 'one'], ['note', 'string', 'one'], ['timeMs', 'long', 'one']],
  ListRunsRequest: [['project', 'string', 'one'], ['active', 'boolean', 'one'], ['limit', 'number', 'one'], ['session', 'string', 'one']],
  ListRunsReply: [['runs', 'Run', 'list']],
  RunRequestById: [['run', 'string', 'one']],
  DescribeReply: [['services', 'ServiceDescription', 'list']],
  RecordRequest: [['collection', 'string', 'one'], ['key', 'string', 'one'], ['revision', 'long', 'one']],
  Record: [['collection', 'string', 'one'], ['key', 'string', 'one'], ['revision', 'long', 'one'], ['value', 'bytes', 'one']],
  ListRecordsReply: [['records', 'Record', 'list']],
};

export const ENUMS: { [name: string]: readonly string[] } = {
  Right: ['RIGHT_NONE', 'RIGHT_VIEWER', 'RIGHT_EDITOR', 'RIGHT_OWNER'],
  Arrangement: ['ARRANGEMENT_SINGLE', 'ARRANGEMENT_MAP', 'ARRANGEMENT_MAP_OF_KINDS', 'ARRANGEMENT_RESULT'],
  ServiceState: ['SERVICE_STATE_UNSPECIFIED', 'SERVICE_STATE_RUNNING', 'SERVICE_STATE_SILENT', 'SERVICE_STATE_ENDED'],
  RunState: ['RUN_STATE_UNKNOWN', 'RUN_STATE_QUEUED', 'RUN_STATE_RUNNING', 'RUN_STATE_SUCCEEDED', 'RUN_STATE_FAILED', 'RUN_STATE_CANCELLED'],
};

/** What every method takes and gives. */
export interface Methods {
  /** Opens a login; the same answer in the same time for an unknown user and a wrong password. */
  'Authorization/Login': { request: LoginRequest; reply: LoginReply; takesStream: false; givesStream: false };
  /**
   * What a page may know before anybody is logged in. For the relay, which gives it to anybody at
   * `GET /api/v1/welcome`.
   */
  'Authorization/Welcome': { request: Empty; reply: WelcomeReply; takesStream: false; givesStream: false };
  'Authorization/Logout': { request: Empty; reply: Empty; takesStream: false; givesStream: false };
  'Authorization/WhoAmI': { request: Empty; reply: User; takesStream: false; givesStream: false };
  'Authorization/ChangePassword': { request: ChangePasswordRequest; reply: Empty; takesStream: false; givesStream: false };
  'Authorization/ListUsers': { request: Empty; reply: ListUsersReply; takesStream: false; givesStream: false };
  'Authorization/CreateUser': { request: CreateUserRequest; reply: CreateUserReply; takesStream: false; givesStream: false };
  'Authorization/UpdateUser': { request: UpdateUserRequest; reply: User; takesStream: false; givesStream: false };
  /** The projects that nobody could own any more without this user but administrators: to be asked before a deletion. */
  'Authorization/OwnedAlone': { request: UserRequest; reply: OwnedAloneReply; takesStream: false; givesStream: false };
  'Authorization/DeleteUser': { request: UserRequest; reply: Empty; takesStream: false; givesStream: false };
  /** Gives the user a new one-time password and ends the user's logins. */
  'Authorization/ResetPassword': { request: UserRequest; reply: CreateUserReply; takesStream: false; givesStream: false };
  'Authorization/ListGroups': { request: Empty; reply: ListGroupsReply; takesStream: false; givesStream: false };
  'Authorization/CreateGroup': { request: GroupRequest; reply: Group; takesStream: false; givesStream: false };
  'Authorization/SetGroupMembers': { request: SetGroupMembersRequest; reply: Group; takesStream: false; givesStream: false };
  'Authorization/DeleteGroup': { request: GroupRequest; reply: Empty; takesStream: false; givesStream: false };
  /** Gives a user or a group a right on a project, or takes it away (`RIGHT_NONE`). */
  'Authorization/Share': { request: ShareRequest; reply: Empty; takesStream: false; givesStream: false };
  'Authorization/ListShares': { request: ProjectRequest; reply: ListSharesReply; takesStream: false; givesStream: false };
  /** The record of who did what, newest first. */
  'Authorization/Audit': { request: AuditRequest; reply: AuditReply; takesStream: false; givesStream: false };
  /** Turns a login token into a short-lived assertion. For the relay. */
  'Authorization/Authenticate': { request: AuthenticateRequest; reply: SignedAssertion; takesStream: false; givesStream: false };
  /** The right of the caller's assertion on a project. For services. */
  'Authorization/RightOn': { request: ProjectRequest; reply: RightReply; takesStream: false; givesStream: false };
  /**
   * The right of a user on a project, for streams that last longer than the assertion that they began with. For
   * `project` and `local-session`.
   */
  'Authorization/RightOf': { request: RightOfRequest; reply: RightReply; takesStream: false; givesStream: false };
  /** All projects on which the caller has a right. For `project`. */
  'Authorization/RightsOf': { request: Empty; reply: RightsReply; takesStream: false; givesStream: false };
  /** Makes the caller the owner of a new project. For `project`. */
  'Authorization/GrantOwner': { request: ProjectRequest; reply: Empty; takesStream: false; givesStream: false };
  /** Drops all rights on a project that is no more. For `project`. */
  'Authorization/ForgetProject': { request: ProjectRequest; reply: Empty; takesStream: false; givesStream: false };
  /** An assertion for one run: good for its project only, lasting and renewable. For `local-session`. */
  'Authorization/AssertRun': { request: AssertRunRequest; reply: SignedAssertion; takesStream: false; givesStream: false };
  /** The keys that verify assertions. */
  'Authorization/AssertionKeys': { request: Empty; reply: AssertionKeysReply; takesStream: false; givesStream: false };
  /** Signs a service certificate: a service for itself, a local-session for its compute services. */
  'Authorization/IssueCertificate': { request: IssueCertificateRequest; reply: IssueCertificateReply; takesStream: false; givesStream: false };
  'Compute/Describe': { request: Empty; reply: ServiceDescription; takesStream: false; givesStream: false };
  /** Computes one action of one version and commits the results. Ends with `done` or a failed status. */
  'Compute/Compute': { request: ComputeRequest; reply: ComputeEvent; takesStream: false; givesStream: true };
  'Compute/Cancel': { request: RunRequestById; reply: Empty; takesStream: false; givesStream: false };
  /** Speaks for the run's user from now on: an assertion ends, and a run may take longer. */
  'Compute/Renew': { request: RenewRequest; reply: Empty; takesStream: false; givesStream: false };
  /**
   * The session of a project: the one that stands, or a new one on the least loaded local-session. Asking
   * again gives the same.
   */
  'GlobalSession/OpenSession': { request: ProjectRequest; reply: Session; takesStream: false; givesStream: false };
  'GlobalSession/CloseSession': { request: SessionRequest; reply: Empty; takesStream: false; givesStream: false };
  'GlobalSession/ListSessions': { request: Empty; reply: ListSessionsReply; takesStream: false; givesStream: false };
  /** The site: version, local-sessions, their load. */
  'GlobalSession/GetSite': { request: Empty; reply: Site; takesStream: false; givesStream: false };
  /** Where a session lives. For the relay. */
  'GlobalSession/Locate': { request: SessionRequest; reply: Session; takesStream: false; givesStream: false };
  /** A local-session says that it is there, and again with every heartbeat. For `local-session`. */
  'GlobalSession/Heartbeat': { request: LocalSessionInfo; reply: HeartbeatReply; takesStream: false; givesStream: false };
  /** A local-session leaves and takes no more sessions. For `local-session`. */
  'GlobalSession/Leave': { request: LocalSessionInfo; reply: Empty; takesStream: false; givesStream: false };
  /** Starts a run of an action and answers at once; the run is recorded before the answer. */
  'LocalSession/Act': { request: ActRequest; reply: Run; takesStream: false; givesStream: false };
  /** The run as it is, then every change until it ends. */
  'LocalSession/FollowRun': { request: RunRequestById; reply: RunUpdate; takesStream: false; givesStream: true };
  'LocalSession/CancelRun': { request: RunRequestById; reply: Run; takesStream: false; givesStream: false };
  /** What every action would compute from in a version: a result with another hash of its inputs is stale. */
  'LocalSession/Inputs': { request: InputsRequest; reply: InputsReply; takesStream: false; givesStream: false };
  /** The service instances of the session. */
  'LocalSession/Instances': { request: SessionRequest; reply: InstancesReply; takesStream: false; givesStream: false };
  /** For `global-session`. */
  'LocalSession/StartSession': { request: Session; reply: Session; takesStream: false; givesStream: false };
  /** Answers once nothing of the session is left. */
  'LocalSession/EndSession': { request: EndSessionRequest; reply: Empty; takesStream: false; givesStream: false };
  /**
   * For a compute service that runs on another machine: something comes every few seconds for as long as this
   * local-session knows it. It ends when that ends, or after some time without.
   */
  'LocalSession/Accompany': { request: Empty; reply: Empty; takesStream: false; givesStream: true };
  /** For services. */
  'Logger/Append': { request: AppendRequest; reply: Empty; takesStream: false; givesStream: false };
  /** Newest first. Others than administrators see the lines of their own projects only. */
  'Logger/Query': { request: LogQuery; reply: LogReply; takesStream: false; givesStream: false };
  /** The lines that match, live: before them every one after `after` or, where that is 0, the newest `limit`. */
  'Logger/Tail': { request: LogQuery; reply: LogRecord; takesStream: false; givesStream: true };
  /** The services of the site: all that tell of themselves here, and for some time those that did. */
  'Logger/Services': { request: Empty; reply: ServicesReply; takesStream: false; givesStream: false };
  'Project/ListProjects': { request: ListProjectsRequest; reply: ListProjectsReply; takesStream: false; givesStream: false };
  'Project/CreateProject': { request: CreateProjectRequest; reply: ProjectInfo; takesStream: false; givesStream: false };
  /** By id or, among those the caller may see, by unique name. */
  'Project/GetProject': { request: ProjectRequest; reply: ProjectInfo; takesStream: false; givesStream: false };
  'Project/UpdateProject': { request: UpdateProjectRequest; reply: ProjectInfo; takesStream: false; givesStream: false };
  'Project/CopyProject': { request: CopyProjectRequest; reply: ProjectInfo; takesStream: false; givesStream: false };
  /** Into the trash; `RestoreProject` takes it out again, `PurgeProject` ends it. */
  'Project/DeleteProject': { request: ProjectRequest; reply: Empty; takesStream: false; givesStream: false };
  'Project/RestoreProject': { request: ProjectRequest; reply: ProjectInfo; takesStream: false; givesStream: false };
  'Project/PurgeProject': { request: ProjectRequest; reply: Empty; takesStream: false; givesStream: false };
  /**
   * Appends one version. With `base` behind the head it merges; what cannot be merged is refused with the
   * conflicting paths (`version.conflict`).
   */
  'Project/Commit': { request: CommitRequest; reply: Version; takesStream: false; givesStream: false };
  'Project/Entities': { request: EntitiesRequest; reply: EntitiesReply; takesStream: false; givesStream: true };
  'Project/Versions': { request: VersionsRequest; reply: VersionsReply; takesStream: false; givesStream: false };
  /** What expressions come to in a version, and the properties of entities in SI. */
  'Project/Evaluate': { request: EvaluateRequest; reply: EvaluateReply; takesStream: false; givesStream: false };
  'Project/Diff': { request: DiffRequest; reply: DiffReply; takesStream: false; givesStream: false };
  'Project/Branches': { request: ProjectRequest; reply: BranchesReply; takesStream: false; givesStream: false };
  'Project/CreateBranch': { request: RefRequest; reply: Ref; takesStream: false; givesStream: false };
  'Project/DeleteBranch': { request: RefRequest; reply: Empty; takesStream: false; givesStream: false };
  'Project/CreateTag': { request: RefRequest; reply: Ref; takesStream: false; givesStream: false };
  'Project/DeleteTag': { request: RefRequest; reply: Empty; takesStream: false; givesStream: false };
  'Project/Merge': { request: MergeRequest; reply: Version; takesStream: false; givesStream: false };
  /** A new version that takes back what one version changed. */
  'Project/Revert': { request: RevertRequest; reply: Version; takesStream: false; givesStream: false };
  /** A new version with the content of an older one. */
  'Project/RestoreVersion': { request: RevertRequest; reply: Version; takesStream: false; givesStream: false };
  /**
   * Takes back the caller's newest change of a branch: the branch moves back where that is its head, and gets a version
   * that takes it back where others or runs have gone on since. What runs computed is passed over. Where others have
   * changed the same since, it is refused with the paths (`version.conflict`).
   */
  'Project/Undo': { request: BranchRequest; reply: Version; takesStream: false; givesStream: false };
  /** Brings back what the caller's last `Undo` took back, until the caller's next change. */
  'Project/Redo': { request: BranchRequest; reply: Version; takesStream: false; givesStream: false };
  /** What `Undo` and `Redo` would do. */
  'Project/Undoable': { request: BranchRequest; reply: UndoableReply; takesStream: false; givesStream: false };
  'Project/Prune': { request: PruneRequest; reply: PruneReply; takesStream: false; givesStream: false };
  /** Events after `after`, then live ones until the caller leaves. */
  'Project/Watch': { request: WatchRequest; reply: Event; takesStream: false; givesStream: true };
  /** Tells the others in the project what the caller looks at or has selected; never stored. */
  'Project/Announce': { request: AnnounceRequest; reply: Empty; takesStream: false; givesStream: false };
  'Project/PutBlob': { request: PutBlobRequest; reply: BlobInfo; takesStream: true; givesStream: false };
  'Project/GetBlob': { request: GetBlobRequest; reply: Chunk; takesStream: false; givesStream: true };
  'Project/ExportProject': { request: ProjectRequest; reply: Chunk; takesStream: false; givesStream: true };
  'Project/ImportProject': { request: Chunk; reply: ProjectInfo; takesStream: true; givesStream: false };
  'Project/ListRuns': { request: ListRunsRequest; reply: ListRunsReply; takesStream: false; givesStream: false };
  'Project/GetRun': { request: RunRequestById; reply: Run; takesStream: false; givesStream: false };
  /** Creates (revision 0) or replaces a run; refused if `revision` is not the stored one. For `local-session`. */
  'Project/PutRun': { request: Run; reply: Run; takesStream: false; givesStream: false };
  /** What the services of the site declare. */
  'Project/Describe': { request: Empty; reply: DescribeReply; takesStream: false; givesStream: false };
  /** For `local-session`. */
  'Project/RegisterService': { request: ServiceDescription; reply: Empty; takesStream: false; givesStream: false };
  /** Small records that other services of the platform keep. For `global-session`. */
  'Project/GetRecord': { request: RecordRequest; reply: Record; takesStream: false; givesStream: false };
  'Project/PutRecord': { request: Record; reply: Record; takesStream: false; givesStream: false };
  'Project/DeleteRecord': { request: RecordRequest; reply: Empty; takesStream: false; givesStream: false };
  'Project/ListRecords': { request: RecordRequest; reply: ListRecordsReply; takesStream: false; givesStream: false };
}

/** The message that each method answers with. */
export const REPLIES: { [M in keyof Methods]: keyof Messages } = {
  'Authorization/Login': 'LoginReply',
  'Authorization/Welcome': 'WelcomeReply',
  'Authorization/Logout': 'Empty',
  'Authorization/WhoAmI': 'User',
  'Authorization/ChangePassword': 'Empty',
  'Authorization/ListUsers': 'ListUsersReply',
  'Authorization/CreateUser': 'CreateUserReply',
  'Authorization/UpdateUser': 'User',
  'Authorization/OwnedAlone': 'OwnedAloneReply',
  'Authorization/DeleteUser': 'Empty',
  'Authorization/ResetPassword': 'CreateUserReply',
  'Authorization/ListGroups': 'ListGroupsReply',
  'Authorization/CreateGroup': 'Group',
  'Authorization/SetGroupMembers': 'Group',
  'Authorization/DeleteGroup': 'Empty',
  'Authorization/Share': 'Empty',
  'Authorization/ListShares': 'ListSharesReply',
  'Authorization/Audit': 'AuditReply',
  'Authorization/Authenticate': 'SignedAssertion',
  'Authorization/RightOn': 'RightReply',
  'Authorization/RightOf': 'RightReply',
  'Authorization/RightsOf': 'RightsReply',
  'Authorization/GrantOwner': 'Empty',
  'Authorization/ForgetProject': 'Empty',
  'Authorization/AssertRun': 'SignedAssertion',
  'Authorization/AssertionKeys': 'AssertionKeysReply',
  'Authorization/IssueCertificate': 'IssueCertificateReply',
  'Compute/Describe': 'ServiceDescription',
  'Compute/Compute': 'ComputeEvent',
  'Compute/Cancel': 'Empty',
  'Compute/Renew': 'Empty',
  'GlobalSession/OpenSession': 'Session',
  'GlobalSession/CloseSession': 'Empty',
  'GlobalSession/ListSessions': 'ListSessionsReply',
  'GlobalSession/GetSite': 'Site',
  'GlobalSession/Locate': 'Session',
  'GlobalSession/Heartbeat': 'HeartbeatReply',
  'GlobalSession/Leave': 'Empty',
  'LocalSession/Act': 'Run',
  'LocalSession/FollowRun': 'RunUpdate',
  'LocalSession/CancelRun': 'Run',
  'LocalSession/Inputs': 'InputsReply',
  'LocalSession/Instances': 'InstancesReply',
  'LocalSession/StartSession': 'Session',
  'LocalSession/EndSession': 'Empty',
  'LocalSession/Accompany': 'Empty',
  'Logger/Append': 'Empty',
  'Logger/Query': 'LogReply',
  'Logger/Tail': 'LogRecord',
  'Logger/Services': 'ServicesReply',
  'Project/ListProjects': 'ListProjectsReply',
  'Project/CreateProject': 'ProjectInfo',
  'Project/GetProject': 'ProjectInfo',
  'Project/UpdateProject': 'ProjectInfo',
  'Project/CopyProject': 'ProjectInfo',
  'Project/DeleteProject': 'Empty',
  'Project/RestoreProject': 'ProjectInfo',
  'Project/PurgeProject': 'Empty',
  'Project/Commit': 'Version',
  'Project/Entities': 'EntitiesReply',
  'Project/Versions': 'VersionsReply',
  'Project/Evaluate': 'EvaluateReply',
  'Project/Diff': 'DiffReply',
  'Project/Branches': 'BranchesReply',
  'Project/CreateBranch': 'Ref',
  'Project/DeleteBranch': 'Empty',
  'Project/CreateTag': 'Ref',
  'Project/DeleteTag': 'Empty',
  'Project/Merge': 'Version',
  'Project/Revert': 'Version',
  'Project/RestoreVersion': 'Version',
  'Project/Undo': 'Version',
  'Project/Redo': 'Version',
  'Project/Undoable': 'UndoableReply',
  'Project/Prune': 'PruneReply',
  'Project/Watch': 'Event',
  'Project/Announce': 'Empty',
  'Project/PutBlob': 'BlobInfo',
  'Project/GetBlob': 'Chunk',
  'Project/ExportProject': 'Chunk',
  'Project/ImportProject': 'ProjectInfo',
  'Project/ListRuns': 'ListRunsReply',
  'Project/GetRun': 'Run',
  'Project/PutRun': 'Run',
  'Project/Describe': 'DescribeReply',
  'Project/RegisterService': 'Empty',
  'Project/GetRecord': 'Record',
  'Project/PutRecord': 'Record',
  'Project/DeleteRecord': 'Empty',
  'Project/ListRecords': 'ListRecordsReply',
};
