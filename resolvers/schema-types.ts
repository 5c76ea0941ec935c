/** Made by codegen.ts from schema/; do not edit. */
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { CollectionNode, DataIdNode, DatasetNode, DimensionRecordNode } from './nodes.ts';
import type { Connection } from './connection.ts';
import type { DatasetType as ButlerDatasetType } from '../src/butler/dataset-type.ts';
import type { OfferedRepository } from '../src/access/policy.ts';
import type { Principal } from '../src/access/principal.ts';
import type { GraphQLContext } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A whole number that may be larger than 2^31: a JSON number up to 2^53 and a decimal string beyond. */
  BigInt: { input: bigint; output: number | bigint; }
  /**
   * A JSON object, such as the data ID `{"instrument": "HSC", "visit": 903342}`. Whole numbers are JSON numbers up to 2^53 and
   * decimal strings beyond; hashes are hexadecimal text.
   */
  JSONObject: { input: Readonly<Record<string, unknown>>; output: Readonly<Record<string, unknown>>; }
  /** A dataset's identifier, such as `4d2a0d0d-6c2e-5f0f-8d7a-0e5d6d1f2b3c`. Capitals are taken too; answers are in lower case. */
  UUID: { input: string; output: string; }
};

/** A named set of datasets in a repository. */
export type Collection = Node & {
  readonly __typename?: 'Collection';
  /** The collections of a CHAINED one, in search order; empty for other types. Null where they cannot be read now. */
  readonly children?: Maybe<ReadonlyArray<Collection>>;
  /**
   * Types of datasets in it; a chain has those of its children. From the repository's summaries, which may still name a type
   * whose last dataset was removed. Null where they cannot be read now.
   */
  readonly datasetTypes?: Maybe<ReadonlyArray<DatasetType>>;
  /** What its owner wrote about it; null where nothing was written. */
  readonly doc?: Maybe<Scalars['String']['output']>;
  /** Identifier for `node(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** Name, unique in its repository. */
  readonly name: Scalars['String']['output'];
  /** Chains of the same repository that hold it directly. Null where they cannot be read now. */
  readonly parents?: Maybe<ReadonlyArray<Collection>>;
  /** The repository that holds it. */
  readonly repository: Repository;
  /** How it holds its datasets. */
  readonly type: CollectionType;
};

/** One page of collections. */
export type CollectionConnection = {
  readonly __typename?: 'CollectionConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<CollectionEdge>;
  /** The collections of this page. */
  readonly nodes: ReadonlyArray<Collection>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of collections in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A collection with its place in the answer. */
export type CollectionEdge = {
  readonly __typename?: 'CollectionEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The collection. */
  readonly node: Collection;
};

/** How a collection holds its datasets. */
export type CollectionType =
  /** Datasets with validity ranges, such as biases and flats. */
  | 'CALIBRATION'
  /** An ordered list of other collections, searched one after the other. */
  | 'CHAINED'
  /** Datasets that were made together; every dataset is in exactly one. */
  | 'RUN'
  /** Datasets picked from RUNs, at most one for a dataset type and data ID. */
  | 'TAGGED';

/** A combination of dimension values. */
export type DataId = {
  readonly __typename?: 'DataId';
  /** Values of the required dimensions, by name. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Values of the implied dimensions too, such as the `band` of a `visit`. */
  readonly fullDataId: Scalars['JSONObject']['output'];
  /** The repository that it was found in. */
  readonly repository: Repository;
};

/** One page of data IDs. */
export type DataIdConnection = {
  readonly __typename?: 'DataIdConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<DataIdEdge>;
  /** The data IDs of this page. */
  readonly nodes: ReadonlyArray<DataId>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of data IDs in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A data ID with its place in the answer. */
export type DataIdEdge = {
  readonly __typename?: 'DataIdEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The data ID. */
  readonly node: DataId;
};

/** One dataset: an image, a catalogue, a calibration, … with its data ID. */
export type Dataset = Node & {
  readonly __typename?: 'Dataset';
  /** RUN, TAGGED and CALIBRATION collections of its repository that hold it. Null where they cannot be read now. */
  readonly collections?: Maybe<ReadonlyArray<Collection>>;
  /** Values of the required dimensions, by name, such as `{"instrument": "HSC", "visit": 903342, "detector": 50}`. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** What kind of dataset it is. */
  readonly datasetType: DatasetType;
  /** Its files; several where each component has one of its own, none where it is not stored. Null where they cannot be read now. */
  readonly files?: Maybe<ReadonlyArray<DatasetFile>>;
  /** Values of the implied dimensions too, such as the `band` of a `visit`. Null where they cannot be read now. */
  readonly fullDataId?: Maybe<Scalars['JSONObject']['output']>;
  /** Identifier for `node(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** Records of all dimensions of its data ID, in the universe's order. Null where they cannot be read now. */
  readonly records?: Maybe<ReadonlyArray<DimensionRecord>>;
  /** The repository that it was found in. */
  readonly repository: Repository;
  /** The RUN collection that it belongs to. */
  readonly run: Scalars['String']['output'];
  /** Whether its repository has files of it. Null where that cannot be read now. */
  readonly stored?: Maybe<Scalars['Boolean']['output']>;
  /** Identifier in every Butler repository that holds it. */
  readonly uuid: Scalars['UUID']['output'];
};

/** One page of datasets. */
export type DatasetConnection = {
  readonly __typename?: 'DatasetConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<DatasetEdge>;
  /** The datasets of this page. */
  readonly nodes: ReadonlyArray<Dataset>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of datasets in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A dataset with its place in the answer. */
export type DatasetEdge = {
  readonly __typename?: 'DatasetEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The dataset. */
  readonly node: Dataset;
};

/** A file of a dataset. */
export type DatasetFile = {
  readonly __typename?: 'DatasetFile';
  /** Checksum as the repository recorded it; null where none. */
  readonly checksum?: Maybe<Scalars['String']['output']>;
  /** The component that it holds; null for the whole dataset. */
  readonly component?: Maybe<Scalars['String']['output']>;
  /** Python class that reads the file. */
  readonly formatter: Scalars['String']['output'];
  /** Bytes; null where unknown. */
  readonly size?: Maybe<Scalars['BigInt']['output']>;
  /** Permanent address of the bytes. Send your token with the request; the answer may redirect to a signed address. */
  readonly url: Scalars['String']['output'];
};

/** A search for datasets that data IDs are joined to. */
export type DatasetSearchInput = {
  /** Collections to search, in this order. */
  readonly collections: ReadonlyArray<Scalars['String']['input']>;
  /** Name of the dataset type. */
  readonly datasetType: Scalars['String']['input'];
};

/** A kind of dataset: its dimensions, and the class that its files are read into. */
export type DatasetType = {
  readonly __typename?: 'DatasetType';
  /** All dimensions, implied ones too, in the universe's order. */
  readonly dimensions: ReadonlyArray<Scalars['String']['output']>;
  /** Whether its datasets can have validity ranges in CALIBRATION collections. */
  readonly isCalibration: Scalars['Boolean']['output'];
  /** Name, such as `calexp`. */
  readonly name: Scalars['String']['output'];
  /** Dimensions whose values make its data IDs, in the universe's order. */
  readonly requiredDimensions: ReadonlyArray<Scalars['String']['output']>;
  /** Name of the storage class, such as `ExposureF`. */
  readonly storageClass: Scalars['String']['output'];
};

/** What a repository knows of one instance of a dimension element: one visit, one detector, one patch, … */
export type DimensionRecord = {
  readonly __typename?: 'DimensionRecord';
  /** Values of its required dimensions, such as `{"instrument": "HSC", "visit": 903342}`. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Name of the dimension element. */
  readonly element: Scalars['String']['output'];
  /** Region on the sky, as the hexadecimal text of its sphgeom encoding; null where it has none. */
  readonly region?: Maybe<Scalars['String']['output']>;
  /**
   * Region on the sky in IVOA text (`CIRCLE`, `RANGE`, `POLYGON`; degrees, ICRS); null where it has none or where that language
   * has no such shape.
   */
  readonly regionPos?: Maybe<Scalars['String']['output']>;
  /** The repository that it was read from. */
  readonly repository: Repository;
  /** Span of time; null where it has none. */
  readonly timespan?: Maybe<Timespan>;
  /** All columns but `region` and `timespan`, by name. */
  readonly values: Scalars['JSONObject']['output'];
};

/** One page of dimension records. */
export type DimensionRecordConnection = {
  readonly __typename?: 'DimensionRecordConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<DimensionRecordEdge>;
  /** The records of this page. */
  readonly nodes: ReadonlyArray<DimensionRecord>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of records in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A dimension record with its place in the answer. */
export type DimensionRecordEdge = {
  readonly __typename?: 'DimensionRecordEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The record. */
  readonly node: DimensionRecord;
};

/** An object with an identifier that stays valid as long as the object is there. */
export type Node = {
  /** Identifier for `node(id:)`. Opaque: what it is made of may change. */
  readonly id: Scalars['ID']['output'];
};

/** Where a page of a connection is in the whole answer. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** Cursor of the page's last row; null for an empty page. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether more follows: ask again with `after` set to `endCursor`. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Always true when `after` was given, else false: connections are walked forwards only. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the page's first row; null for an empty page. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** What can be asked. */
export type Query = {
  readonly __typename?: 'Query';
  /** Collections of all selected repositories. */
  readonly collections?: Maybe<CollectionConnection>;
  /** Combinations of dimension values that exist, joined along space and time where dimensions overlap. */
  readonly dataIds?: Maybe<DataIdConnection>;
  /** One dataset by its UUID; null where it does not exist or is not shared with you. */
  readonly dataset?: Maybe<Dataset>;
  /** Dataset types of all selected repositories; one that several define alike is given once. */
  readonly datasetTypes?: Maybe<ReadonlyArray<DatasetType>>;
  /**
   * Datasets by type, collections and a Butler expression, over all selected repositories as one. With `findFirst` the earliest
   * collection of the path wins for each dataset type and data ID, whichever repository holds it.
   */
  readonly datasets?: Maybe<DatasetConnection>;
  /** Records of a dimension element: visits, detectors, tracts, patches, visit_detector_region, … */
  readonly dimensionRecords?: Maybe<DimensionRecordConnection>;
  /** The dataset of a type and data ID in the earliest collection that has one; null where none has. */
  readonly findDataset?: Maybe<Dataset>;
  /** Any object by its `id`; null where it does not exist or is not shared with you. */
  readonly node?: Maybe<Node>;
  /** Repositories that you may read, in the order in which they are searched when a query names none: your own first. */
  readonly repositories: ReadonlyArray<Repository>;
  /** One repository; null where it does not exist or is not shared with you. */
  readonly repository?: Maybe<Repository>;
  /** Who you are to the gateway. */
  readonly viewer: Viewer;
};


/** What can be asked. */
export type QueryCollectionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  flattenChains?: InputMaybe<Scalars['Boolean']['input']>;
  includeChains?: InputMaybe<Scalars['Boolean']['input']>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  types?: InputMaybe<ReadonlyArray<CollectionType>>;
};


/** What can be asked. */
export type QueryDataIdsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  bind?: InputMaybe<Scalars['JSONObject']['input']>;
  dataId?: InputMaybe<Scalars['JSONObject']['input']>;
  datasets?: InputMaybe<ReadonlyArray<DatasetSearchInput>>;
  dimensions: ReadonlyArray<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  where?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryDatasetArgs = {
  repository?: InputMaybe<Scalars['String']['input']>;
  uuid: Scalars['UUID']['input'];
};


/** What can be asked. */
export type QueryDatasetTypesArgs = {
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


/** What can be asked. */
export type QueryDatasetsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  bind?: InputMaybe<Scalars['JSONObject']['input']>;
  collections: ReadonlyArray<Scalars['String']['input']>;
  dataId?: InputMaybe<Scalars['JSONObject']['input']>;
  datasetTypes: ReadonlyArray<Scalars['String']['input']>;
  findFirst?: InputMaybe<Scalars['Boolean']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  where?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryDimensionRecordsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  bind?: InputMaybe<Scalars['JSONObject']['input']>;
  dataId?: InputMaybe<Scalars['JSONObject']['input']>;
  element: Scalars['String']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  where?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryFindDatasetArgs = {
  collections: ReadonlyArray<Scalars['String']['input']>;
  dataId: Scalars['JSONObject']['input'];
  datasetType: Scalars['String']['input'];
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  timespan?: InputMaybe<TimespanInput>;
};


/** What can be asked. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** What can be asked. */
export type QueryRepositoryArgs = {
  name: Scalars['String']['input'];
};

/** A Butler repository: collections of datasets, and the dimension records that their data IDs are made of. */
export type Repository = Node & {
  readonly __typename?: 'Repository';
  /** Its collections; null where the repository cannot answer now. */
  readonly collections?: Maybe<CollectionConnection>;
  /** Its dataset types, by name; null where the repository cannot answer now. */
  readonly datasetTypes?: Maybe<ReadonlyArray<DatasetType>>;
  /** Identifier for `node(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** What it is to its readers. */
  readonly kind: RepositoryKind;
  /** Name in this gateway, as the argument `repositories` takes it. */
  readonly name: Scalars['String']['output'];
  /** Its dimension universe; null where the repository cannot answer now. */
  readonly universe?: Maybe<Universe>;
  /** How much it holds; null where it cannot tell, as repositories behind a Butler server. */
  readonly usage?: Maybe<RepositoryUsage>;
};


/** A Butler repository: collections of datasets, and the dimension records that their data IDs are made of. */
export type RepositoryCollectionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  flattenChains?: InputMaybe<Scalars['Boolean']['input']>;
  includeChains?: InputMaybe<Scalars['Boolean']['input']>;
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  types?: InputMaybe<ReadonlyArray<CollectionType>>;
};


/** A Butler repository: collections of datasets, and the dimension records that their data IDs are made of. */
export type RepositoryDatasetTypesArgs = {
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

/** What a repository is to its readers. */
export type RepositoryKind =
  /** A data release or another repository of the observatory, read only. */
  | 'OFFICIAL'
  /** Where reviewed collections of users are published. */
  | 'PUBLISHED'
  /** A user's own repository. */
  | 'SATELLITE';

/** How much a repository holds. */
export type RepositoryUsage = {
  readonly __typename?: 'RepositoryUsage';
  /** Bytes of the files in its own store. Files that it only refers to are not counted. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Number of registered datasets. */
  readonly datasets: Scalars['BigInt']['output'];
};

/** A half-open span of time [begin, end) in TAI. A missing end is unbounded. */
export type Timespan = {
  readonly __typename?: 'Timespan';
  /** First instant, as ISO-8601 TAI with nanoseconds; null: unbounded. */
  readonly begin?: Maybe<Scalars['String']['output']>;
  /** First instant, as nanoseconds since 1970-01-01T00:00:00 TAI in decimal text; null: unbounded. */
  readonly beginNs?: Maybe<Scalars['String']['output']>;
  /** First instant after the span, as ISO-8601 TAI with nanoseconds; null: unbounded. */
  readonly end?: Maybe<Scalars['String']['output']>;
  /** First instant after the span, as nanoseconds since 1970-01-01T00:00:00 TAI in decimal text; null: unbounded. */
  readonly endNs?: Maybe<Scalars['String']['output']>;
};

/** A half-open span of time [begin, end) in TAI. An end that is absent or null is unbounded. */
export type TimespanInput = {
  /** First instant, ISO-8601 TAI such as `2020-01-01T12:00:00`. */
  readonly begin?: InputMaybe<Scalars['String']['input']>;
  /** First instant after the span, ISO-8601 TAI such as `2020-01-01T13:00:00`. */
  readonly end?: InputMaybe<Scalars['String']['input']>;
};

/** A set of dimensions with their relations. Repositories can be searched together where their universes agree. */
export type Universe = {
  readonly __typename?: 'Universe';
  /** Name of the family of versions; `daf_butler` for all repositories of the observatory. */
  readonly namespace: Scalars['String']['output'];
  /** Version within the namespace. */
  readonly version: Scalars['Int']['output'];
};

/** The user on whose behalf the request is answered. */
export type Viewer = {
  readonly __typename?: 'Viewer';
  /** Names of the groups that your token tells of. */
  readonly groups: ReadonlyArray<Scalars['String']['output']>;
  /**
   * What the platform allows you, as your token's claim `quota` states it, such as `{"disk": {"/home": 35000000000}}`; null
   * where it states none.
   */
  readonly quota?: Maybe<Scalars['JSONObject']['output']>;
  /** What your token may be used for. */
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  /** User name. */
  readonly username: Scalars['String']['output'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;




/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | ( CollectionNode )
    | ( DatasetNode )
    | ( OfferedRepository )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Collection: ResolverTypeWrapper<CollectionNode>;
  CollectionConnection: ResolverTypeWrapper<Connection<CollectionNode>>;
  CollectionEdge: ResolverTypeWrapper<Omit<CollectionEdge, 'node'> & { node: ResolversTypes['Collection'] }>;
  CollectionType: CollectionType;
  DataId: ResolverTypeWrapper<DataIdNode>;
  DataIdConnection: ResolverTypeWrapper<Connection<DataIdNode>>;
  DataIdEdge: ResolverTypeWrapper<Omit<DataIdEdge, 'node'> & { node: ResolversTypes['DataId'] }>;
  Dataset: ResolverTypeWrapper<DatasetNode>;
  DatasetConnection: ResolverTypeWrapper<Connection<DatasetNode>>;
  DatasetEdge: ResolverTypeWrapper<Omit<DatasetEdge, 'node'> & { node: ResolversTypes['Dataset'] }>;
  DatasetFile: ResolverTypeWrapper<DatasetFile>;
  DatasetSearchInput: DatasetSearchInput;
  DatasetType: ResolverTypeWrapper<ButlerDatasetType>;
  DimensionRecord: ResolverTypeWrapper<DimensionRecordNode>;
  DimensionRecordConnection: ResolverTypeWrapper<Connection<DimensionRecordNode>>;
  DimensionRecordEdge: ResolverTypeWrapper<Omit<DimensionRecordEdge, 'node'> & { node: ResolversTypes['DimensionRecord'] }>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSONObject: ResolverTypeWrapper<Scalars['JSONObject']['output']>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Repository: ResolverTypeWrapper<OfferedRepository>;
  RepositoryKind: RepositoryKind;
  RepositoryUsage: ResolverTypeWrapper<RepositoryUsage>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Timespan: ResolverTypeWrapper<Timespan>;
  TimespanInput: TimespanInput;
  UUID: ResolverTypeWrapper<Scalars['UUID']['output']>;
  Universe: ResolverTypeWrapper<Universe>;
  Viewer: ResolverTypeWrapper<Principal>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  BigInt: Scalars['BigInt']['output'];
  Boolean: Scalars['Boolean']['output'];
  Collection: CollectionNode;
  CollectionConnection: Connection<CollectionNode>;
  CollectionEdge: Omit<CollectionEdge, 'node'> & { node: ResolversParentTypes['Collection'] };
  DataId: DataIdNode;
  DataIdConnection: Connection<DataIdNode>;
  DataIdEdge: Omit<DataIdEdge, 'node'> & { node: ResolversParentTypes['DataId'] };
  Dataset: DatasetNode;
  DatasetConnection: Connection<DatasetNode>;
  DatasetEdge: Omit<DatasetEdge, 'node'> & { node: ResolversParentTypes['Dataset'] };
  DatasetFile: DatasetFile;
  DatasetSearchInput: DatasetSearchInput;
  DatasetType: ButlerDatasetType;
  DimensionRecord: DimensionRecordNode;
  DimensionRecordConnection: Connection<DimensionRecordNode>;
  DimensionRecordEdge: Omit<DimensionRecordEdge, 'node'> & { node: ResolversParentTypes['DimensionRecord'] };
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  JSONObject: Scalars['JSONObject']['output'];
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  PageInfo: PageInfo;
  Query: Record<PropertyKey, never>;
  Repository: OfferedRepository;
  RepositoryUsage: RepositoryUsage;
  String: Scalars['String']['output'];
  Timespan: Timespan;
  TimespanInput: TimespanInput;
  UUID: Scalars['UUID']['output'];
  Universe: Universe;
  Viewer: Principal;
};

export interface BigIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['BigInt'], any> {
  name: 'BigInt';
}

export type CollectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Collection'] = ResolversParentTypes['Collection']> = {
  children?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Collection']>>, ParentType, ContextType>;
  datasetTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetType']>>, ParentType, ContextType>;
  doc?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  parents?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Collection']>>, ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['CollectionType'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CollectionConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CollectionConnection'] = ResolversParentTypes['CollectionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['CollectionEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Collection']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type CollectionEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CollectionEdge'] = ResolversParentTypes['CollectionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
};

export type DataIdResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DataId'] = ResolversParentTypes['DataId']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  fullDataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
};

export type DataIdConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DataIdConnection'] = ResolversParentTypes['DataIdConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DataIdEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DataId']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DataIdEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DataIdEdge'] = ResolversParentTypes['DataIdEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['DataId'], ParentType, ContextType>;
};

export type DatasetResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Dataset'] = ResolversParentTypes['Dataset']> = {
  collections?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Collection']>>, ParentType, ContextType>;
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  datasetType?: Resolver<ResolversTypes['DatasetType'], ParentType, ContextType>;
  files?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetFile']>>, ParentType, ContextType>;
  fullDataId?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  records?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DimensionRecord']>>, ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  stored?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DatasetConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetConnection'] = ResolversParentTypes['DatasetConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DatasetEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Dataset']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DatasetEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetEdge'] = ResolversParentTypes['DatasetEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Dataset'], ParentType, ContextType>;
};

export type DatasetFileResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetFile'] = ResolversParentTypes['DatasetFile']> = {
  checksum?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  component?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  formatter?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  size?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DatasetTypeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetType'] = ResolversParentTypes['DatasetType']> = {
  dimensions?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  isCalibration?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  requiredDimensions?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  storageClass?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DimensionRecordResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DimensionRecord'] = ResolversParentTypes['DimensionRecord']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  element?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  region?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  regionPos?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
  timespan?: Resolver<Maybe<ResolversTypes['Timespan']>, ParentType, ContextType>;
  values?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
};

export type DimensionRecordConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DimensionRecordConnection'] = ResolversParentTypes['DimensionRecordConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DimensionRecordEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DimensionRecord']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DimensionRecordEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DimensionRecordEdge'] = ResolversParentTypes['DimensionRecordEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['DimensionRecord'], ParentType, ContextType>;
};

export interface JsonObjectScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSONObject'], any> {
  name: 'JSONObject';
}

export type NodeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Collection' | 'Dataset' | 'Repository', ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  collections?: Resolver<Maybe<ResolversTypes['CollectionConnection']>, ParentType, ContextType, RequireFields<QueryCollectionsArgs, 'first' | 'search' | 'strict'>>;
  dataIds?: Resolver<Maybe<ResolversTypes['DataIdConnection']>, ParentType, ContextType, RequireFields<QueryDataIdsArgs, 'dimensions' | 'first' | 'strict'>>;
  dataset?: Resolver<Maybe<ResolversTypes['Dataset']>, ParentType, ContextType, RequireFields<QueryDatasetArgs, 'uuid'>>;
  datasetTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetType']>>, ParentType, ContextType, RequireFields<QueryDatasetTypesArgs, 'search' | 'strict'>>;
  datasets?: Resolver<Maybe<ResolversTypes['DatasetConnection']>, ParentType, ContextType, RequireFields<QueryDatasetsArgs, 'collections' | 'datasetTypes' | 'findFirst' | 'first' | 'strict'>>;
  dimensionRecords?: Resolver<Maybe<ResolversTypes['DimensionRecordConnection']>, ParentType, ContextType, RequireFields<QueryDimensionRecordsArgs, 'element' | 'first' | 'strict'>>;
  findDataset?: Resolver<Maybe<ResolversTypes['Dataset']>, ParentType, ContextType, RequireFields<QueryFindDatasetArgs, 'collections' | 'dataId' | 'datasetType'>>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  repositories?: Resolver<ReadonlyArray<ResolversTypes['Repository']>, ParentType, ContextType>;
  repository?: Resolver<Maybe<ResolversTypes['Repository']>, ParentType, ContextType, RequireFields<QueryRepositoryArgs, 'name'>>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
};

export type RepositoryResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Repository'] = ResolversParentTypes['Repository']> = {
  collections?: Resolver<Maybe<ResolversTypes['CollectionConnection']>, ParentType, ContextType, RequireFields<RepositoryCollectionsArgs, 'first' | 'search'>>;
  datasetTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetType']>>, ParentType, ContextType, RequireFields<RepositoryDatasetTypesArgs, 'search'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['RepositoryKind'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  universe?: Resolver<Maybe<ResolversTypes['Universe']>, ParentType, ContextType>;
  usage?: Resolver<Maybe<ResolversTypes['RepositoryUsage']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RepositoryUsageResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RepositoryUsage'] = ResolversParentTypes['RepositoryUsage']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type TimespanResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Timespan'] = ResolversParentTypes['Timespan']> = {
  begin?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  beginNs?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  end?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endNs?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export interface UuidScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['UUID'], any> {
  name: 'UUID';
}

export type UniverseResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Universe'] = ResolversParentTypes['Universe']> = {
  namespace?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  groups?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  quota?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  username?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type Resolvers<ContextType = GraphQLContext> = {
  BigInt?: GraphQLScalarType;
  Collection?: CollectionResolvers<ContextType>;
  CollectionConnection?: CollectionConnectionResolvers<ContextType>;
  CollectionEdge?: CollectionEdgeResolvers<ContextType>;
  DataId?: DataIdResolvers<ContextType>;
  DataIdConnection?: DataIdConnectionResolvers<ContextType>;
  DataIdEdge?: DataIdEdgeResolvers<ContextType>;
  Dataset?: DatasetResolvers<ContextType>;
  DatasetConnection?: DatasetConnectionResolvers<ContextType>;
  DatasetEdge?: DatasetEdgeResolvers<ContextType>;
  DatasetFile?: DatasetFileResolvers<ContextType>;
  DatasetType?: DatasetTypeResolvers<ContextType>;
  DimensionRecord?: DimensionRecordResolvers<ContextType>;
  DimensionRecordConnection?: DimensionRecordConnectionResolvers<ContextType>;
  DimensionRecordEdge?: DimensionRecordEdgeResolvers<ContextType>;
  JSONObject?: GraphQLScalarType;
  Node?: NodeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Repository?: RepositoryResolvers<ContextType>;
  RepositoryUsage?: RepositoryUsageResolvers<ContextType>;
  Timespan?: TimespanResolvers<ContextType>;
  UUID?: GraphQLScalarType;
  Universe?: UniverseResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
};

