/** Messages of core/v1 but Pod, and of coordination, discovery, events, policy and autoscaling. */
export const coreMessages = `
ConfigMap: 1 metadata ObjectMeta, 2 data map<string>, 3 binaryData map<bytes>, 4 immutable bool?
Secret: 1 metadata ObjectMeta, 2 data map<bytes>, 3 type string, 4 stringData map<string>, 5 immutable bool?
Namespace: 1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status NamespaceStatus
NamespaceSpec: 1 finalizers []string
NamespaceStatus: 1 phase string, 2 conditions []NamespaceCondition
NamespaceCondition: 1 type string, 2 status string, 4 lastTransitionTime time, 5 reason string,
  6 message string
ServiceAccount: 1 metadata ObjectMeta, 2 secrets []ObjectReference,
  3 imagePullSecrets []LocalObjectReference, 4 automountServiceAccountToken bool?
ObjectReference: 1 kind string, 2 namespace string, 3 name string, 4 uid string, 5 apiVersion string,
  6 resourceVersion string, 7 fieldPath string
LocalObjectReference: 1 name string
Service: 1 metadata ObjectMeta, 2 spec ServiceSpec, 3 status ServiceStatus
ServiceSpec: 1 ports []ServicePort, 2 selector map<string>, 3 clusterIP string, 4 type string,
  5 externalIPs []string, 7 sessionAffinity string, 8 loadBalancerIP string,
  9 loadBalancerSourceRanges []string, 10 externalName string, 11 externalTrafficPolicy string,
  12 healthCheckNodePort int, 13 publishNotReadyAddresses bool,
  14 sessionAffinityConfig SessionAffinityConfig?, 17 ipFamilyPolicy string?, 18 clusterIPs []string,
  19 ipFamilies []string, 20 allocateLoadBalancerNodePorts bool?, 21 loadBalancerClass string?,
  22 internalTrafficPolicy string?, 23 trafficDistribution string?
ServicePort: 1 name string, 2 protocol string, 3 port int?, 4 targetPort intOrString, 5 nodePort int,
  6 appProtocol string?
SessionAffinityConfig: 1 clientIP ClientIPConfig?
ClientIPConfig: 1 timeoutSeconds int?
ServiceStatus: 1 loadBalancer LoadBalancerStatus, 2 conditions []Condition
LoadBalancerStatus: 1 ingress []LoadBalancerIngress
LoadBalancerIngress: 1 ip string, 2 hostname string, 3 ipMode string?, 4 ports []PortStatus
PortStatus: 1 port int?, 2 protocol string, 3 error string?
Event: 1 metadata ObjectMeta?, 2 involvedObject ObjectReference?, 3 reason string, 4 message string,
  5 source EventSource, 6 firstTimestamp time, 7 lastTimestamp time, 8 count int, 9 type string,
  10 eventTime microTime, 11 series EventSeries?, 12 action string, 13 related ObjectReference?,
  14 reportingComponent string, 15 reportingInstance string
EventSource: 1 component string, 2 host string
EventSeries: 1 count int, 2 lastObservedTime microTime
Node: 1 metadata ObjectMeta, 2 spec NodeSpec, 3 status NodeStatus
NodeSpec: 1 podCIDR string, 2 externalID string, 3 providerID string, 4 unschedulable bool,
  5 taints []Taint, 6 configSource Opaque?, 7 podCIDRs []string, 8 podPreemptionPolicy Opaque?
Taint: 1 key string, 2 value string, 3 effect string, 4 timeAdded time?
NodeStatus: 1 capacity map<Quantity>, 2 allocatable map<Quantity>, 3 phase string,
  4 conditions []NodeCondition, 5 addresses []NodeAddress, 6 daemonEndpoints NodeDaemonEndpoints,
  7 nodeInfo NodeSystemInfo, 8 images []ContainerImage, 9 volumesInUse []string,
  10 volumesAttached []AttachedVolume, 11 config Opaque?, 12 runtimeHandlers []NodeRuntimeHandler,
  13 features Opaque?, 14 declaredFeatures []string
NodeCondition: 1 type string, 2 status string, 3 lastHeartbeatTime time, 4 lastTransitionTime time,
  5 reason string, 6 message string
NodeAddress: 1 type string, 2 address string
NodeDaemonEndpoints: 1 kubeletEndpoint DaemonEndpoint
DaemonEndpoint: 1 Port int?
NodeSystemInfo: 1 machineID string, 2 systemUUID string, 3 bootID string, 4 kernelVersion string,
  5 osImage string, 6 containerRuntimeVersion string, 7 kubeletVersion string, 8 kubeProxyVersion string,
  9 operatingSystem string, 10 architecture string, 11 swap NodeSwapStatus?
NodeSwapStatus: 1 capacity int?
ContainerImage: 1 names []string, 2 sizeBytes int
AttachedVolume: 1 name string, 2 devicePath string
NodeRuntimeHandler: 1 name string, 2 features NodeRuntimeHandlerFeatures?
NodeRuntimeHandlerFeatures: 1 recursiveReadOnlyMounts bool?, 2 userNamespaces bool?
ResourceQuota: 1 metadata ObjectMeta, 2 spec ResourceQuotaSpec, 3 status ResourceQuotaStatus
ResourceQuotaSpec: 1 hard map<Quantity>, 2 scopes []string, 3 scopeSelector ScopeSelector?
ScopeSelector: 1 matchExpressions []ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement: 1 scopeName string, 2 operator string, 3 values []string
ResourceQuotaStatus: 1 hard map<Quantity>, 2 used map<Quantity>
LimitRange: 1 metadata ObjectMeta, 2 spec LimitRangeSpec
LimitRangeSpec: 1 limits []LimitRangeItem
LimitRangeItem: 1 type string, 2 max map<Quantity>, 3 min map<Quantity>, 4 default map<Quantity>,
  5 defaultRequest map<Quantity>, 6 maxLimitRequestRatio map<Quantity>
EventsEvent: 1 metadata ObjectMeta?, 2 eventTime microTime, 3 series EventSeries?,
  4 reportingController string, 5 reportingInstance string, 6 action string, 7 reason string,
  8 regarding ObjectReference, 9 related ObjectReference?, 10 note string, 11 type string,
  12 deprecatedSource EventSource, 13 deprecatedFirstTimestamp time, 14 deprecatedLastTimestamp time,
  15 deprecatedCount int
Lease: 1 metadata ObjectMeta, 2 spec LeaseSpec
LeaseSpec: 1 holderIdentity string?, 2 leaseDurationSeconds int?, 3 acquireTime microTime?,
  4 renewTime microTime?, 5 leaseTransitions int?, 6 strategy string?, 7 preferredHolder string?
EndpointSlice: 1 metadata ObjectMeta, 2 endpoints []Endpoint, 3 ports []EndpointPort, 4 addressType string
Endpoint: 1 addresses []string, 2 conditions EndpointConditions, 3 hostname string?,
  4 targetRef ObjectReference?, 5 deprecatedTopology map<string>, 6 nodeName string?, 7 zone string?,
  8 hints EndpointHints?
EndpointConditions: 1 ready bool?, 2 serving bool?, 3 terminating bool?
EndpointHints: 1 forZones []ForZone, 2 forNodes []ForNode
ForZone: 1 name string
ForNode: 1 name string
EndpointPort: 1 name string?, 2 protocol string?, 3 port int?, 4 appProtocol string?
Eviction: 1 metadata ObjectMeta, 2 deleteOptions DeleteOptions?
Scale: 1 metadata ObjectMeta, 2 spec ScaleSpec, 3 status ScaleStatus
ScaleSpec: 1 replicas int
ScaleStatus: 1 replicas int?, 2 selector string
`
