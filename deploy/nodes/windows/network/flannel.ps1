<#
.SYNOPSIS
Runs Flannel on a Windows node, in a HostProcess container. See kustomization.yaml.

.DESCRIPTION
The programs lie on the node (prepare.ps1): flanneld beside the kubelet, the CNI programs in C:\opt\cni\bin. Pods get their
network when the configuration of CNI is there, so it is put there last of all that can fail before flanneld runs.
#>
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

foreach ($program in 'C:\k\flanneld.exe', 'C:\opt\cni\bin\flannel.exe', 'C:\opt\cni\bin\host-local.exe', 'C:\opt\cni\bin\win-overlay.exe') {
    if (-not (Test-Path $program)) { throw "$program is missing on this node: run prepare.ps1" }
}
$network = Get-Content -Raw -Path 'C:\etc\kube-flannel\net-conf.json' | ConvertFrom-Json
if ($network.Backend.VNI -ne 4096 -or $network.Backend.Port -ne 4789) {
    throw 'kube-flannel-cfg does not say VNI 4096 and port 4789, which Windows needs: see deploy/nodes/kubeadm/flannel.yaml'
}
New-Item -ItemType Directory -Force -Path 'C:\etc\cni\net.d', 'C:\run\flannel' | Out-Null
Copy-Item -Force -Path 'C:\etc\opentwin\flannel\cni-conf.json' -Destination 'C:\etc\cni\net.d\10-flannel.conf'

# It writes C:\run\flannel\subnet.env, which the CNI program reads, and makes the network flannel.4096.
& 'C:\k\flanneld.exe' --kube-subnet-mgr --ip-masq "--iface=$env:NODE_ADDRESS" '--net-config-path=C:\etc\kube-flannel\net-conf.json'
exit $LASTEXITCODE
