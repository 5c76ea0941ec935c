/** What the page asks of the gateway; `test/review/queries.test.ts` holds it to the schema. */

export const VIEWER = /* GraphQL */ `
  query Viewer {
    viewer {
      username
      groups
      warnings
    }
    repositories {
      name
      kind
    }
  }
`;

export const QUEUE = /* GraphQL */ `
  query Queue(
    $states: [PublicationState!]
    $repository: String
    $owner: String
    $toReview: Boolean
    $first: Int
    $after: String
  ) {
    publications(
      states: $states
      repository: $repository
      owner: $owner
      toReview: $toReview
      first: $first
      after: $after
    ) {
      nodes {
        id
        version
        state
        title
        owner
        group
        repository
        claimedBy
        changedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

/** What changes while one looks at it. */
const LIVE = /* GraphQL */ `
  fragment Live on Publication {
    id
    version
    revision
    state
    reason
    digest
    owner
    group
    repository
    satellite
    title
    description
    licence
    readers {
      allUsers
      groups
      users
    }
    checks {
      code
      state
      message
    }
    comments {
      id
      version
      author
      at
      text
      replyTo
    }
    versions {
      version
      state
    }
    claimedBy
    claimedUntil
    approvedBy
    generation
    job {
      state
      error {
        message
      }
    }
    actions
    withdrawableVersion {
      version
      state
      digest
    }
    submittedAt
    changedAt
  }
`;

export const PUBLICATION = /* GraphQL */ `
  query Publication($id: ID!, $version: Int) {
    publication(id: $id, version: $version) {
      ...Live
    }
  }
  ${LIVE}
`;

export const UPDATES = /* GraphQL */ `
  subscription Updates($id: ID!) {
    publicationUpdates(id: $id) {
      ...Live
    }
  }
  ${LIVE}
`;

export const CONTENTS = /* GraphQL */ `
  query Contents($id: ID!, $version: Int) {
    publication(id: $id, version: $version) {
      manifest {
        datasetCount
        bytes
        universe {
          namespace
          version
        }
        datasetTypes
        collections {
          name
          type
          doc
          children
          isOfficial
        }
        officialRepositories
      }
    }
  }
`;

/** For which all of a manifest is read: of a large one it comes later than the rest. */
export const SUMMARY = /* GraphQL */ `
  query Summary($id: ID!, $version: Int) {
    publication(id: $id, version: $version) {
      manifest {
        sizes {
          datasetType
          datasetCount
          bytes
        }
        sky(first: 2000) {
          regions {
            element
            dataId
            regionPos
            datasetCount
          }
          regionCount
          elsewhere
        }
      }
    }
  }
`;

/** Compares two manifests. */
export const DIFF = /* GraphQL */ `
  query Diff($id: ID!, $version: Int) {
    publication(id: $id, version: $version) {
      diff {
        from
        added
        removed
        changed
        datasets
        other
      }
    }
  }
`;

export const DATASETS = /* GraphQL */ `
  query Datasets($id: ID!, $version: Int, $first: Int, $after: String) {
    publication(id: $id, version: $version) {
      manifest {
        datasets(first: $first, after: $after) {
          nodes {
            uuid
            datasetType
            run
            dataId
            files
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`;

export const REFEREES = /* GraphQL */ `
  query Referees($id: ID!, $version: Int) {
    publication(id: $id, version: $version) {
      refereeLinks {
        id
        note
        createdBy
        createdAt
        expiresAt
        revokedAt
      }
    }
  }
`;

/** Mutations, each with its input's type. */
export const CHANGES = {
  CLAIM: 'claimPublication',
  COMMENT: 'commentPublication',
  REQUEST_CHANGES: 'requestPublicationChanges',
  APPROVE: 'approvePublication',
  REJECT: 'rejectPublication',
  WITHDRAW: 'withdrawPublication',
  CREATE_LINK: 'createRefereeLink',
  REVOKE_LINK: 'revokeRefereeLink',
} as const;
const TOLD: Partial<Record<keyof typeof CHANGES, string>> = { CREATE_LINK: 'secret', REVOKE_LINK: 'link { id }' };

export function change(action: keyof typeof CHANGES): string {
  const mutation = CHANGES[action];
  const input = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  return `mutation ($input: ${input}!) { ${mutation}(input: $input) { ${TOLD[action] ?? 'publication { id }'} } }`;
}
