/** Messages of a core/v1 Pod. Its status is never taken from a client, so it is not read. */
export const podMessages = `
Pod: 1 metadata ObjectMeta, 2 spec PodSpec
PodSpec: 1 volumes []Volume, 2 containers []Container, 3 restartPolicy string,
  4 terminationGracePeriodSeconds int?, 5 activeDeadlineSeconds int?, 6 dnsPolicy string,
  7 nodeSelector map<string>, 8 serviceAccountName string, 9 serviceAccount string, 10 nodeName string,
  11 hostNetwork bool, 12 hostPID bool, 13 hostIPC bool, 14 securityContext PodSecurityContext?,
  15 imagePullSecrets []LocalObjectReference, 16 hostname string, 17 subdomain string, 18 affinity Opaque?,
  19 schedulerName string, 20 initContainers []Container, 21 automountServiceAccountToken bool?,
  22 tolerations []Toleration, 23 hostAliases []HostAlias, 24 priorityClassName string, 25 priority int?,
  26 dnsConfig Opaque?, 27 shareProcessNamespace bool?, 28 readinessGates []PodReadinessGate,
  29 runtimeClassName string?, 30 enableServiceLinks bool?, 31 preemptionPolicy string?,
  32 overhead map<Quantity>, 33 topologySpreadConstraints []Opaque, 34 ephemeralContainers []Opaque,
  35 setHostnameAsFQDN bool?, 36 os Opaque?, 37 hostUsers bool?, 38 schedulingGates []PodSchedulingGate,
  39 resourceClaims []Opaque, 40 resources ResourceRequirements?, 41 hostnameOverride string?,
  43 schedulingGroup Opaque?, 44 evictionResponders []Opaque
Volume: 1 name string, 2 - VolumeSource
VolumeSource: 1 hostPath HostPathVolumeSource?, 2 emptyDir EmptyDirVolumeSource?,
  3 gcePersistentDisk Opaque?, 4 awsElasticBlockStore Opaque?, 5 gitRepo Opaque?,
  6 secret SecretVolumeSource?, 7 nfs Opaque?, 8 iscsi Opaque?, 9 glusterfs Opaque?,
  10 persistentVolumeClaim PersistentVolumeClaimVolumeSource?, 11 rbd Opaque?, 12 flexVolume Opaque?,
  13 cinder Opaque?, 14 cephfs Opaque?, 15 flocker Opaque?, 16 downwardAPI DownwardAPIVolumeSource?,
  17 fc Opaque?, 18 azureFile Opaque?, 19 configMap ConfigMapVolumeSource?, 20 vsphereVolume Opaque?,
  21 quobyte Opaque?, 22 azureDisk Opaque?, 23 photonPersistentDisk Opaque?, 24 portworxVolume Opaque?,
  25 scaleIO Opaque?, 26 projected Opaque?, 27 storageos Opaque?, 28 csi CSIVolumeSource?,
  29 ephemeral Opaque?, 30 image ImageVolumeSource?
HostPathVolumeSource: 1 path string, 2 type string?
EmptyDirVolumeSource: 1 medium string, 2 sizeLimit Quantity?, 3 mode int?
SecretVolumeSource: 1 secretName string, 2 items []KeyToPath, 3 defaultMode int?, 4 optional bool?,
  5 defaultUser int?
KeyToPath: 1 key string, 2 path string, 3 mode int?, 4 user int?
PersistentVolumeClaimVolumeSource: 1 claimName string, 2 readOnly bool
DownwardAPIVolumeSource: 1 items []DownwardAPIVolumeFile, 2 defaultMode int?, 3 defaultUser int?
DownwardAPIVolumeFile: 1 path string, 2 fieldRef ObjectFieldSelector?,
  3 resourceFieldRef ResourceFieldSelector?, 4 mode int?, 5 user int?
ObjectFieldSelector: 1 apiVersion string, 2 fieldPath string
ResourceFieldSelector: 1 containerName string, 2 resource string, 3 divisor Quantity
ConfigMapVolumeSource: 1 - LocalObjectReference, 2 items []KeyToPath, 3 defaultMode int?, 4 optional bool?,
  5 defaultUser int?
CSIVolumeSource: 1 driver string, 2 readOnly bool?, 3 fsType string?, 4 volumeAttributes map<string>,
  5 nodePublishSecretRef LocalObjectReference?
ImageVolumeSource: 1 reference string, 2 pullPolicy string
Container: 1 name string, 2 image string, 3 command []string, 4 args []string, 5 workingDir string,
  6 ports []ContainerPort, 7 env []EnvVar, 8 resources ResourceRequirements, 9 volumeMounts []VolumeMount,
  10 livenessProbe Probe?, 11 readinessProbe Probe?, 12 lifecycle Opaque?, 13 terminationMessagePath string,
  14 imagePullPolicy string, 15 securityContext SecurityContext?, 16 stdin bool, 17 stdinOnce bool,
  18 tty bool, 19 envFrom []EnvFromSource, 20 terminationMessagePolicy string, 21 volumeDevices []Opaque,
  22 startupProbe Probe?, 23 resizePolicy []Opaque, 24 restartPolicy string?, 25 restartPolicyRules []Opaque
ContainerPort: 1 name string, 2 hostPort int, 3 containerPort int?, 4 protocol string, 5 hostIP string
EnvVar: 1 name string, 2 value string, 3 valueFrom EnvVarSource?
EnvVarSource: 1 fieldRef ObjectFieldSelector?, 2 resourceFieldRef ResourceFieldSelector?,
  3 configMapKeyRef ConfigMapKeySelector?, 4 secretKeyRef SecretKeySelector?, 5 fileKeyRef FileKeySelector?
ConfigMapKeySelector: 1 - LocalObjectReference, 2 key string, 3 optional bool?
SecretKeySelector: 1 - LocalObjectReference, 2 key string, 3 optional bool?
FileKeySelector: 1 volumeName string, 2 path string, 3 key string, 4 optional bool?
ResourceRequirements: 1 limits map<Quantity>, 2 requests map<Quantity>, 3 claims []Opaque
VolumeMount: 1 name string, 2 readOnly bool, 3 mountPath string, 4 subPath string,
  5 mountPropagation string?, 6 subPathExpr string, 7 recursiveReadOnly string?, 8 bindMountOptions []string
Probe: 1 - ProbeHandler, 2 initialDelaySeconds int, 3 timeoutSeconds int, 4 periodSeconds int,
  5 successThreshold int, 6 failureThreshold int, 7 terminationGracePeriodSeconds int?
ProbeHandler: 1 exec ExecAction?, 2 httpGet HTTPGetAction?, 3 tcpSocket TCPSocketAction?, 4 grpc GRPCAction?
ExecAction: 1 command []string
HTTPGetAction: 1 path string, 2 port intOrString, 3 host string, 4 scheme string,
  5 httpHeaders []HTTPHeader, 6 protocol string?
HTTPHeader: 1 name string, 2 value string
TCPSocketAction: 1 port intOrString, 2 host string
GRPCAction: 1 port int?, 2 service string?, 3 mode string?
SecurityContext: 1 capabilities Capabilities?, 2 privileged bool?, 3 seLinuxOptions Opaque?,
  4 runAsUser int?, 5 runAsNonRoot bool?, 6 readOnlyRootFilesystem bool?, 7 allowPrivilegeEscalation bool?,
  8 runAsGroup int?, 9 procMount string?, 10 windowsOptions Opaque?, 11 seccompProfile SeccompProfile?,
  12 appArmorProfile AppArmorProfile?
Capabilities: 1 add []string, 2 drop []string
SeccompProfile: 1 type string, 2 localhostProfile string?
AppArmorProfile: 1 type string, 2 localhostProfile string?
EnvFromSource: 1 prefix string, 2 configMapRef ConfigMapEnvSource?, 3 secretRef SecretEnvSource?
ConfigMapEnvSource: 1 - LocalObjectReference, 2 optional bool?
SecretEnvSource: 1 - LocalObjectReference, 2 optional bool?
PodSecurityContext: 1 seLinuxOptions Opaque?, 2 runAsUser int?, 3 runAsNonRoot bool?,
  4 supplementalGroups []int, 5 fsGroup int?, 6 runAsGroup int?, 7 sysctls []Sysctl,
  8 windowsOptions Opaque?, 9 fsGroupChangePolicy string?, 10 seccompProfile SeccompProfile?,
  11 appArmorProfile AppArmorProfile?, 12 supplementalGroupsPolicy string?, 13 seLinuxChangePolicy string?
Sysctl: 1 name string, 2 value string
Toleration: 1 key string, 2 operator string, 3 value string, 4 effect string, 5 tolerationSeconds int?
HostAlias: 1 ip string, 2 hostnames []string
PodReadinessGate: 1 conditionType string
PodSchedulingGate: 1 name string
`
