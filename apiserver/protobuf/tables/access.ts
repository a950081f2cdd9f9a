/** Messages of rbac, authentication, authorization and certificates. */
export const accessMessages = `
Role: 1 metadata ObjectMeta, 2 rules []PolicyRule
PolicyRule: 1 verbs []string, 2 apiGroups []string, 3 resources []string, 4 resourceNames []string,
  5 nonResourceURLs []string
RoleBinding: 1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef?
Subject: 1 kind string, 2 apiGroup string, 3 name string, 4 namespace string
RoleRef: 1 apiGroup string, 2 kind string, 3 name string
ClusterRole: 1 metadata ObjectMeta, 2 rules []PolicyRule, 3 aggregationRule AggregationRule?
AggregationRule: 1 clusterRoleSelectors []LabelSelector
ClusterRoleBinding: 1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef?
TokenRequest: 1 metadata ObjectMeta, 2 spec TokenRequestSpec?, 3 status TokenRequestStatus
TokenRequestSpec: 1 audiences []string, 3 boundObjectRef BoundObjectReference?, 4 expirationSeconds int?,
  5 attestations map<StringList>
BoundObjectReference: 1 kind string, 2 apiVersion string, 3 name string, 4 uid string
TokenRequestStatus: 1 token string, 2 expirationTimestamp time
SelfSubjectReview: 1 metadata ObjectMeta, 2 status SelfSubjectReviewStatus
SelfSubjectReviewStatus: 1 userInfo UserInfo
UserInfo: 1 username string, 2 uid string, 3 groups []string, 4 extra map<StringList>
TokenReview: 1 metadata ObjectMeta, 2 spec TokenReviewSpec?, 3 status TokenReviewStatus
TokenReviewSpec: 1 token string, 2 audiences []string
TokenReviewStatus: 1 authenticated bool, 2 user UserInfo, 3 error string, 4 audiences []string
SelfSubjectAccessReview: 1 metadata ObjectMeta, 2 spec SelfSubjectAccessReviewSpec?,
  3 status SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec: 1 resourceAttributes ResourceAttributes?,
  2 nonResourceAttributes NonResourceAttributes?
ResourceAttributes: 1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string,
  6 subresource string, 7 name string, 8 fieldSelector FieldSelectorAttributes?,
  9 labelSelector LabelSelectorAttributes?
FieldSelectorAttributes: 1 rawSelector string, 2 requirements []FieldSelectorRequirement
LabelSelectorAttributes: 1 rawSelector string, 2 requirements []LabelSelectorRequirement
NonResourceAttributes: 1 path string, 2 verb string
SubjectAccessReviewStatus: 1 allowed bool?, 2 reason string, 3 evaluationError string, 4 denied bool
SubjectAccessReview: 1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec?,
  3 status SubjectAccessReviewStatus
SubjectAccessReviewSpec: 1 resourceAttributes ResourceAttributes?,
  2 nonResourceAttributes NonResourceAttributes?, 3 user string, 4 groups []string, 5 extra map<StringList>,
  6 uid string
LocalSubjectAccessReview: 1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec?,
  3 status SubjectAccessReviewStatus
SelfSubjectRulesReview: 1 metadata ObjectMeta, 2 spec SelfSubjectRulesReviewSpec?,
  3 status SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec: 1 namespace string
SubjectRulesReviewStatus: 1 resourceRules []ResourceRule, 2 nonResourceRules []NonResourceRule,
  3 incomplete bool?, 4 evaluationError string
ResourceRule: 1 verbs []string, 2 apiGroups []string, 3 resources []string, 4 resourceNames []string
NonResourceRule: 1 verbs []string, 2 nonResourceURLs []string
CertificateSigningRequest: 1 metadata ObjectMeta, 2 spec CertificateSigningRequestSpec?,
  3 status CertificateSigningRequestStatus
CertificateSigningRequestSpec: 1 request bytes, 2 username string, 3 uid string, 4 groups []string,
  5 usages []string, 6 extra map<StringList>, 7 signerName string, 8 expirationSeconds int?
CertificateSigningRequestStatus: 1 conditions []CertificateSigningRequestCondition, 2 certificate bytes
CertificateSigningRequestCondition: 1 type string, 2 reason string, 3 message string, 4 lastUpdateTime time,
  5 lastTransitionTime time, 6 status string
`
