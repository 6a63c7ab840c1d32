<#
.SYNOPSIS
Runs kube-proxy on a Windows node, in a HostProcess container. See kustomization.yaml.

.DESCRIPTION
In the mode kernelspace on an overlay network kube-proxy needs an address of the node's own part of the network, from which
it speaks to pods of other nodes: the source VIP. It is taken from where the addresses of pods come from, under a name of
its own, so that it is the same one each time and no pod gets it.
#>
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$Network = 'flannel.4096'
$Addresses = 'C:\opt\cni\bin\host-local.exe'

foreach ($program in 'C:\k\kube-proxy.exe', $Addresses) {
    if (-not (Test-Path $program)) { throw "$program is missing on this node: run prepare.ps1" }
}

# Flannel makes it; the kubelet starts this again until it is there.
$found = Get-HnsNetwork | Where-Object { $_.Name -eq $Network }
if ($null -eq $found) { throw "there is no network $Network yet: does kube-flannel-windows run on this node?" }

# Asks for an address of this node's part of the network, or gives it back.
function Invoke-Address {
    param([string]$Command)
    $env:CNI_COMMAND = $Command
    $env:CNI_CONTAINERID = 'kube-proxy-source-vip'
    $env:CNI_NETNS = 'none'
    $env:CNI_IFNAME = 'source-vip'
    $env:CNI_PATH = 'C:\opt\cni\bin'
    $asked = @{
        cniVersion = '0.3.0'
        name = $Network
        ipam = @{
            type = 'host-local'
            ranges = @(, @(@{ subnet = $found.Subnets[0].AddressPrefix }))
            dataDir = 'C:\var\lib\cni\networks'
        }
    }
    $answer = ConvertTo-Json -Depth 6 -Compress -InputObject $asked | & $Addresses
    if ($LASTEXITCODE -ne 0) { throw "host-local could not $Command a source VIP: $answer" }
    $answer
}

# What an earlier start took, which is the only one of this name.
Invoke-Address 'DEL' | Out-Null
$given = Invoke-Address 'ADD' | ConvertFrom-Json
$address = ($given.ips[0].address -split '/')[0]
Write-Output "source VIP $address"

& 'C:\k\kube-proxy.exe' '--kubeconfig=C:\var\lib\kube-proxy\kubeconfig.conf' "--hostname-override=$env:NODE_NAME" `
    '--proxy-mode=kernelspace' "--network-name=$Network" "--source-vip=$address" '--enable-dsr=true' '--cluster-cidr=10.244.0.0/16' '-v=2'
exit $LASTEXITCODE
